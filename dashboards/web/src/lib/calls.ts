/** When an agent who looks elsewhere is called: what a conversation's change means to them. Pure. */
import type { Conversation } from "@/api/types"

export type Call = "message" | "assigned" | "woken"

/** before: as it was known; undefined when it was not. null: nothing to call anybody for. */
export function callFor(before: Conversation | undefined, now: Conversation, me: string): Call | null {
  if (now.assignee_id !== me || (now.status !== "open" && now.status !== "pending")) return null
  if (now.unread > (before?.unread ?? 0)) return before && before.assignee_id !== me ? "assigned" : "message"
  if (!before) return null
  if (before.assignee_id !== me) return "assigned"
  return before.status === "snoozed" && now.incoming_count === before.incoming_count ? "woken" : null
}
