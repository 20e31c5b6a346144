/** The dashboard's date range and what its numbers stand on; both live in the URL. */
import type { KpiKey, Sentiment } from "@/api/types"
import { addDays } from "./time"

export type Preset = "today" | "yesterday" | "7" | "30" | "90" | "custom"
export type Against = "previous" | "week" | "month" | "custom"

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
  if (range === "yesterday") return { preset: "yesterday", from: addDays(today, -1), to: addDays(today, -1) }
  const preset = range === "7" || range === "90" ? range : "30"
  return { preset, from: addDays(today, 1 - Number(preset)), to: today }
}

/** How many days a range has. */
export const daysIn = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1

/** `day` a calendar month earlier; the last of that month where it has no such day. */
export function monthBefore(day: string): string {
  const [year, month, date] = day.split("-").map(Number) as [number, number, number]
  const last = new Date(Date.UTC(year, month - 1, 0)).getUTCDate()
  return new Date(Date.UTC(year, month - 2, Math.min(date, last))).toISOString().slice(0, 10)
}

export interface Compared {
  against: Against
  from: string
  to: string
}

/** Those of the ways to compare that make sense: the same days of the week before must not lie in the range itself. */
export function waysToCompare(range: Range): Against[] {
  const days = daysIn(range.from, range.to)
  return ["previous", ...(days <= 7 ? (["week"] as const) : []), ...(days <= 28 ? (["month"] as const) : []), "custom"]
}

/** What a range is compared with; anything unreadable is the period of equal length just before. */
export function readCompared(query: Record<string, unknown>, range: Range): Compared {
  const { compare, cfrom, cto } = query
  if (compare === "custom" && DAY.test(String(cfrom)) && DAY.test(String(cto))) {
    const [from, to] = [String(cfrom), String(cto)].sort() as [string, string]
    return { against: "custom", from, to }
  }
  const against = waysToCompare(range).find((way) => way === compare && way !== "custom") ?? "previous"
  if (against === "week") return { against, from: addDays(range.from, -7), to: addDays(range.to, -7) }
  if (against === "month") return { against, from: monthBefore(range.from), to: monthBefore(range.to) }
  return { against: "previous", from: addDays(range.from, -daysIn(range.from, range.to)), to: addDays(range.from, -1) }
}

export interface EvidenceAsk {
  metric: string
  sentiment?: Sentiment
  category?: string
  day?: string
  /** Of the range that is compared with. */
  then?: boolean
  channel?: string
  /** Ids, or "none". */
  team?: string
  agent?: string
  outcome?: "met" | "missed"
  hour?: number
  /** 0: Monday. */
  weekday?: number
  /** A phrase, instead of a metric. */
  phrase?: { term: string; asOf: string }
}

/** What opens behind a key figure. */
export const KPI_EVIDENCE: Record<KpiKey, EvidenceAsk> = {
  conversations: { metric: "conversation_opened" },
  incoming: { metric: "message_in" },
  outgoing: { metric: "message_out" },
  first_response_p50: { metric: "first_response" },
  first_response_p90: { metric: "first_response" },
  resolution_p50: { metric: "conversation_resolved" },
  resolution_p90: { metric: "conversation_resolved" },
  negative_share: { metric: "mood", sentiment: "negative" },
  waiting_now: { metric: "waiting_now" },
  resolved: { metric: "conversation_resolved" },
  backlog: { metric: "backlog" },
  satisfaction: { metric: "satisfaction" },
}

/** Where only a part of the range compared with is known, a change is none: nothing of it, a part of it, or all of it. */
export function known(since: string | null | undefined, lastDay: string): "none" | "part" | "all" {
  if (!since) return "all"
  return since > lastDay ? "none" : "part"
}

/** Change against the period before as a share of it; null when there is nothing to compare with. */
export function change(value: number | null, previous: number | null): number | null {
  if (value === null || previous === null || previous === 0) return null
  return (value - previous) / previous
}
