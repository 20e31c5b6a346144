/** Prepared answers: which fit, and their blanks filled in. */
import type { CannedReply } from "@/api/types"

const byUse = (a: CannedReply, b: CannedReply) => b.uses - a.uses || a.shortcut.localeCompare(b.shortcut)

/** Up to three for a conversation: its category's first, then those for any category. */
export function suggestions(replies: readonly CannedReply[], category: string | null): CannedReply[] {
  const own = category ? replies.filter((r) => r.category === category).sort(byUse) : []
  const general = replies.filter((r) => r.category === null).sort(byUse)
  return [...own, ...general].slice(0, 3)
}

/** Those whose shortcut or title matches what follows the slash; shortcuts that begin with it come first. */
export function matching(replies: readonly CannedReply[], query: string): CannedReply[] {
  const q = query.toLowerCase()
  const rank = (r: CannedReply) => (r.shortcut.toLowerCase().startsWith(q) ? 0 : 1)
  return replies
    .filter((r) => !q || `${r.shortcut} ${r.title}`.toLowerCase().includes(q))
    .sort((a, b) => rank(a) - rank(b) || byUse(a, b))
    .slice(0, 20)
}

/** `{{contact.name}}` and `{{agent.name}}` filled; other blanks stay for the agent to see. */
export function fill(content: string, values: { contact: string; agent: string }): string {
  return content.replace(/\{\{\s*(contact|agent)\.name\s*\}\}/g, (_, who: "contact" | "agent") => values[who])
}
