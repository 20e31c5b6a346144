/** The list's filter: as a query for the server, and as a test for conversations that arrive over the socket. */
import { isDue } from "./deadline"
import type { Conversation, ViewFilter } from "@/api/types"

export type ListFilter = ViewFilter

export const defaultFilter: ListFilter = { assignee: "me", status: "active", channel_id: null, team_id: null, label_id: null, due: null }

export function sameFilter(one: ListFilter, other: ListFilter): boolean {
  return (Object.keys(defaultFilter) as (keyof ListFilter)[]).every((key) => one[key] === other[key])
}

export function matches(filter: ListFilter, conversation: Conversation, me: string): boolean {
  const active = conversation.status === "open" || conversation.status === "pending"
  if (filter.status === "active" ? !active : conversation.status !== filter.status) return false
  if (filter.assignee === "me" && conversation.assignee_id !== me) return false
  if (filter.assignee === "none" && conversation.assignee_id !== null) return false
  if (filter.channel_id && conversation.channel_id !== filter.channel_id) return false
  if (filter.team_id && conversation.team_id !== filter.team_id) return false
  if (filter.due && !isDue(filter.due, conversation.deadline, Date.now())) return false
  return !filter.label_id || conversation.labels.includes(filter.label_id)
}

/** Newest activity first; the id breaks ties as on the server. */
export function byActivity(a: Conversation, b: Conversation): number {
  return Date.parse(b.last_activity_at) - Date.parse(a.last_activity_at) || (a.id < b.id ? 1 : -1)
}
