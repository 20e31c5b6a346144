/** What the page of topics computes: which range, what a number opens, how a rise is said. Pure. */
import type { LocationQuery, LocationQueryRaw } from "vue-router"
import type { Query } from "@/api/http"
import type { Alert, BoardRange, Topic, TopicBoard } from "./api"

export const RANGES: BoardRange[] = ["24h", "7d", "30d"]
const EVIDENCE = ["terms", "since", "until", "as_of", "scope", "in", "like", "what"] as const

export function readBoard(query: LocationQuery): { range: BoardRange; channel: string | null } {
  const range = RANGES.find((each) => each === query.range) ?? "24h"
  return { range, channel: typeof query.channel === "string" && query.channel ? query.channel : null }
}

/** The part of the URL that opens the messages behind a topic's number. `channel`: of the board, and of what is asked. */
export function topicAsk(topic: Topic, channel: string | null, like?: string): LocationQueryRaw {
  return ask(topic.name, { terms: topic.terms.join(","), since: topic.since, until: topic.until, as_of: topic.as_of, scope: topic.scope ?? undefined, in: channel ?? undefined, like })
}
export function termAsk(term: string, board: TopicBoard): LocationQueryRaw {
  return ask(term, { terms: term, since: board.since, until: board.until, as_of: board.until, in: board.channel_id ?? undefined })
}
function ask(what: string, query: LocationQueryRaw): LocationQueryRaw {
  return { ...closed(), ev: "topic", what, ...query }
}
/** The same without an open drawer. */
export function closed(): LocationQueryRaw {
  return Object.fromEntries(["ev", ...EVIDENCE].map((name) => [name, undefined]))
}
/** What to ask the server for, from the URL; null when no number is open. */
export function readAsk(query: LocationQuery): { what: string; query: Query } | null {
  const text = (name: string) => (typeof query[name] === "string" ? (query[name] as string) : undefined)
  if (text("ev") !== "topic" || !text("terms")) return null
  return {
    what: text("what") ?? "",
    query: { terms: text("terms"), since: text("since"), until: text("until"), as_of: text("as_of"), scope: text("scope"), channel_id: text("in"), like: text("like") },
  }
}

/** A number to expect, as a person says it: 0.6, 12. */
export function few(value: number): string {
  return value < 10 ? String(Math.round(value * 10) / 10) : String(Math.round(value))
}
/** How many times as much as expected; null where there was nothing before. */
export function rise(messages: number, expected: number | null): number | null {
  return expected === null || expected < 0.05 ? null : messages / expected
}
export function negativeShare(topic: Topic): string {
  return topic.messages ? String(Math.round((topic.moods.negative / topic.messages) * 100)) : "0"
}
/** Those somebody should look at come first: open and going on, then open, then the rest; the newest first in each. */
export function sorted(alerts: readonly Alert[]): Alert[] {
  const rank = (alert: Alert) => (alert.state === "open" ? (alert.ended_at ? 1 : 0) : 2)
  return alerts.toSorted((a, b) => rank(a) - rank(b) || b.last_seen_at.localeCompare(a.last_seen_at))
}
