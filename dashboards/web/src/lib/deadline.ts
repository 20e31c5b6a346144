/** When a conversation needs somebody soon, and how the list says so. */
import type { Conversation, Due } from "@/api/types"

export const WAIT_SHOWN = 5 * 60_000
export const WAIT_HOT = 10 * 60_000
export const WINDOW_HOT = 2 * 3_600_000

/**
 * kind `window`: `left` ms until the customer can no longer be answered; `waiting`: `left` ms waited so far; `due`: `left`
 * ms until something promised is due, below 0 since it was.
 */
export interface Deadline {
  kind: "window" | "waiting" | "due"
  left: number
  hot: boolean
}

/** Whether little or nothing is left of what was promised. */
export function isDue(which: "soon" | "missed" | "near", due: Due | null, now: number): boolean {
  if (!due || now < Date.parse(due.near_at)) return false
  const missed = Date.parse(due.at) < now
  return which === "near" || missed === (which === "missed")
}

/** What of a conversation needs somebody soon, or null. Where times are promised they count, not how long somebody waits. */
export function deadlineOf(conversation: Conversation, now: number): Deadline | null {
  if (conversation.status === "resolved") return null
  const due = conversation.deadline
  const promised: Deadline | null = due && isDue("near", due, now) ? { kind: "due", left: Date.parse(due.at) - now, hot: Date.parse(due.at) <= now } : null
  if (!conversation.waiting_since) return promised
  const expires = conversation.window?.expires_at
  if (expires && conversation.window?.open) {
    const left = Date.parse(expires) - now
    if (left > 0 && left <= WINDOW_HOT) return { kind: "window", left, hot: true }
  }
  if (due) return promised
  const waited = now - Date.parse(conversation.waiting_since)
  return waited < WAIT_SHOWN ? null : { kind: "waiting", left: waited, hot: waited >= WAIT_HOT }
}

export type WindowState =
  | { open: true; left: number | null; replies: number | null }
  | { open: false; reason: "window_closed" | "replies_used_up" }

/** Whether the channel permits a reply at `now`; `left` in ms, null without a limit. */
export function windowState(window: Conversation["window"], now: number): WindowState {
  if (!window || window.unlimited) return { open: true, left: null, replies: null }
  const left = window.expires_at === null ? null : Date.parse(window.expires_at) - now
  // No end in sight means that nothing permits a reply: not how many are left, but the time is over.
  if (left === null ? !window.open : left <= 0) return { open: false, reason: "window_closed" }
  if (window.replies_left === 0) return { open: false, reason: "replies_used_up" }
  if (!window.open) return { open: false, reason: "window_closed" }
  return { open: true, left, replies: window.replies_left }
}
