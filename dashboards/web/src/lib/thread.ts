/**
 * What a thread holds, and its promises: entries stand by `rank`, a stale copy (older `revision`) never replaces a
 * newer one, and a message being sent is matched with the stored one by `client_id`, never by its text.
 */
import type { Attachment, Message } from "@/api/types"

/** A message on its way to the server. `unsent`: the request failed; `refused`: the server said no. */
export interface Pending {
  client_id: string
  conversation_id: string
  kind: "outgoing" | "note"
  content: string
  attachments: Attachment[]
  mentions: string[]
  reply_to?: string
  created_at: string
  state: "posting" | "unsent" | "refused"
  code: string | null
  detail: string
}

export function byRank(a: Message, b: Message): number {
  return a.rank - b.rank || a.position - b.position
}

/** `known` with `incoming` merged in. Returns `known` itself when nothing changed. */
export function merge(known: readonly Message[], incoming: readonly Message[]): readonly Message[] {
  const fresh = new Map<string, Message>()
  const held = new Map(known.map((m) => [m.id, m]))
  for (const message of incoming) {
    const old = fresh.get(message.id) ?? held.get(message.id)
    if (!old || message.revision > old.revision) fresh.set(message.id, message)
  }
  if (fresh.size === 0) return known
  const merged = known.map((m) => {
    const newer = fresh.get(m.id)
    if (newer) fresh.delete(m.id)
    return newer ?? m
  })
  merged.push(...fresh.values())
  return merged.sort(byRank)
}

/** The pending messages that are not stored yet. */
export function unmatched(pending: readonly Pending[], stored: readonly Message[]): readonly Pending[] {
  if (pending.length === 0) return pending
  const arrived = new Set(stored.map((m) => m.client_id).filter(Boolean))
  const rest = pending.filter((p) => !arrived.has(p.client_id))
  return rest.length === pending.length ? pending : rest
}
