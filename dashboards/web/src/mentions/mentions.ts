/** What the pages of mentions compute: the filter in the URL, how a number is said, headers as lines. Pure. */
import type { LocationQuery, LocationQueryRaw } from "vue-router"
import type { Query } from "@/api/http"
import type { Sentiment } from "@/api/types"
import { addDays, dayOf, zoned } from "@/lib/time"
import type { MentionKind, Stream } from "./api"

export const RANGES = ["24h", "7d", "30d", "90d"] as const
export type Range = (typeof RANGES)[number]
export const KINDS: MentionKind[] = ["article", "post", "comment"]
export const MOODS: Sentiment[] = ["negative", "neutral", "positive"]
export const REACHES = [1_000, 10_000, 100_000]
export const STREAMS: Stream[] = ["mentions", "messages"]
const DAYS: Record<Exclude<Range, "24h">, number> = { "7d": 7, "30d": 30, "90d": 90 }

export interface Ask {
  range: Range
  since: string
  until: string
  /** Of the range, but only a part of it was picked (a bar of the chart, an alert). */
  part: boolean
  monitor: string | null
  stream: Stream
  filter: Query
}

const text = (query: LocationQuery, name: string) => (typeof query[name] === "string" && query[name] ? (query[name] as string) : undefined)
const oneOf = <T extends string>(value: string | undefined, all: readonly T[]): T | undefined => all.find((each) => each === value)

/** Full hours or days, as the server counts them; `now` is cut to the minute, so that asking again is the same question. */
export function spanOf(range: Range, now: Date): { since: string; until: string } {
  const until = new Date(Math.ceil(now.getTime() / 60_000) * 60_000)
  const since = range === "24h" ? new Date(Math.floor(now.getTime() / 3_600_000) * 3_600_000 - 23 * 3_600_000) : zoned(addDays(dayOf(now), 1 - DAYS[range]), 0)
  return { since: since.toISOString(), until: until.toISOString() }
}

export function readAsk(query: LocationQuery, now: Date): Ask {
  const range = oneOf(text(query, "range"), RANGES) ?? "30d"
  const span = spanOf(range, now)
  const moment = (name: string) => {
    const value = text(query, name)
    return value && !Number.isNaN(Date.parse(value)) ? new Date(value).toISOString() : undefined
  }
  const [from, to] = [moment("since"), moment("until")]
  const reach = Number(text(query, "reach"))
  return {
    range,
    ...span,
    part: Boolean(from && to && from < to),
    monitor: text(query, "monitor") ?? null,
    stream: oneOf(text(query, "stream"), STREAMS) ?? "mentions",
    filter: {
      ...(from && to && from < to ? { since: from, until: to } : span),
      monitor_id: text(query, "monitor"),
      source_id: text(query, "source"),
      story_id: text(query, "story"),
      sentiment: oneOf(text(query, "sentiment"), MOODS),
      kind: oneOf(text(query, "kind"), KINDS),
      site: text(query, "site"),
      reach: Number.isInteger(reach) && reach > 0 ? reach : undefined,
      firsts: text(query, "firsts") === "1" && !text(query, "story") ? "true" : undefined,
      q: text(query, "q"),
    },
  }
}

/** The URL of what a point of the chart counts. */
export function pointAsk(start: string, grain: "hour" | "day"): LocationQueryRaw {
  const end = grain === "hour" ? new Date(Date.parse(start) + 3_600_000) : zoned(addDays(dayOf(new Date(start)), 1), 0)
  return { since: start, until: new Date(end.getTime() - 1).toISOString() }
}

/** What an alert of a monitor stands for. The range is the one that holds it. */
export function alertAsk(alert: { monitor_id: string | null; stream: Stream | null; mood: boolean; topic: { since: string; until: string } }): LocationQueryRaw {
  return { monitor: alert.monitor_id ?? undefined, stream: alert.stream ?? undefined, since: alert.topic.since, until: alert.topic.until, sentiment: alert.mood ? "negative" : undefined }
}

/** 1234567 as people say it: "123 万" or "1.2M". */
export function compact(value: number, locale: string): string {
  return new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }).format(value)
}

/** "+35 %", "−8 %"; "" where there was nothing before. */
export function growth(now: number, before: number | null): string {
  if (!before) return ""
  const change = Math.round(((now - before) / before) * 100)
  return `${change > 0 ? "+" : change < 0 ? "−" : "±"}${Math.abs(change)}%`
}

export function percent(share: number): string {
  return `${Math.round(share * 1000) / 10}%`
}

/** Headers from lines "Name: value"; null where a line is none. */
export function readHeaders(lines: string): Record<string, string> | null {
  const found: Record<string, string> = {}
  for (const line of lines.split("\n").map((each) => each.trim()).filter(Boolean)) {
    const at = line.indexOf(":")
    if (at < 1 || !/^[A-Za-z0-9_-]+$/.test(line.slice(0, at))) return null
    found[line.slice(0, at)] = line.slice(at + 1).trim()
  }
  return found
}
