/** The dashboard's date range and what its numbers stand on; both live in the URL. */
import type { KpiKey, Sentiment } from "@/api/types"
import { addDays } from "./time"

export type Preset = "today" | "7" | "30" | "custom"

export interface Range {
  preset: Preset
  from: string
  to: string
}

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** The range a query names; anything unreadable is the last 30 days. `today` is the workspace's day. */
export function readRange(query: Record<string, unknown>, today: string): Range {
  const { range, from, to } = query
  if (range === "custom" && DAY.test(String(from)) && DAY.test(String(to))) {
    const [first, last] = [String(from), String(to)].sort() as [string, string]
    return { preset: "custom", from: first, to: last }
  }
  if (range === "today") return { preset: "today", from: today, to: today }
  const days = range === "7" ? 7 : 30
  return { preset: days === 7 ? "7" : "30", from: addDays(today, 1 - days), to: today }
}

export interface EvidenceAsk {
  metric: string
  sentiment?: Sentiment
  category?: string
  day?: string
}

/** What opens behind a key figure. */
export const KPI_EVIDENCE: Record<KpiKey, EvidenceAsk> = {
  conversations: { metric: "conversation_opened" },
  incoming: { metric: "message_in" },
  outgoing: { metric: "message_out" },
  first_response_p50: { metric: "first_response" },
  first_response_p90: { metric: "first_response" },
  negative_share: { metric: "mood", sentiment: "negative" },
  waiting_now: { metric: "waiting_now" },
  resolved: { metric: "conversation_resolved" },
}

/** Change against the period before as a share of it; null when there is nothing to compare with. */
export function change(value: number | null, previous: number | null): number | null {
  if (value === null || previous === null || previous === 0) return null
  return (value - previous) / previous
}
