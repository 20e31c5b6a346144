/** Topics, alerts and the messages behind them, as the server gives them. */
import { get, patch, type Query } from "@/api/http"
import type { Evidence, Page, Sentiment } from "@/api/types"

export type BoardRange = "24h" | "7d" | "30d"
export type AlertState = "open" | "acknowledged" | "snoozed"

export interface Voice {
  message_id: string
  conversation_id: string
  channel_id: string
  content: string
  at: string
  sentiment: Sentiment
  similar: number
}
export interface Topic {
  name: string
  terms: string[]
  category: string | null
  scope: string | null
  since: string
  until: string
  as_of: string
  messages: number
  people: number
  expected: number | null
  surprise: number
  moods: Record<Sentiment, number>
  channels: Record<string, number>
  first_seen: string
  spark: { start: string; messages: number }[]
  voices: Voice[]
}
export interface TermCount {
  term: string
  messages: number
  negative: number
  expected: number | null
}
export interface TopicBoard {
  range: BoardRange
  channel_id: string | null
  since: string
  until: string
  messages: number
  comparable: boolean
  topics: Topic[]
  terms: TermCount[]
}
export interface Alert {
  id: string
  topic: Topic
  severity: "normal" | "high"
  opened_at: string
  last_seen_at: string
  ended_at: string | null
  state: AlertState
  snoozed_until: string | null
  owner_id: string | null
  handled_by: string | null
  handled_at: string | null
  monitor_id: string | null
  stream: "mentions" | "messages" | null
  mood: boolean
}
export type AlertChange = { state?: AlertState; snoozed_until?: string; owner_id?: string | null }

export const topicsApi = {
  board: (range: BoardRange, channel_id: string | null, signal?: AbortSignal) => get<TopicBoard>("/api/v1/topics", { range, channel_id }, signal),
  evidence: (query: Query) => get<Page<Evidence>>("/api/v1/topics/evidence", query),
  alerts: (signal?: AbortSignal) => get<Page<Alert>>("/api/v1/alerts", {}, signal),
  change: (id: string, change: AlertChange) => patch<Alert>(`/api/v1/alerts/${id}`, change),
}
