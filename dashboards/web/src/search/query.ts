/** What the search box asks. All of it lives in the URL, so that it survives a reload and can be sent to a colleague. */
import type { LocationQuery, LocationQueryRaw } from "vue-router"
import type { Query } from "@/api/http"
import type { Shown } from "@/api/types"
import { addDays } from "@/lib/time"

/** The filters by their names in the URL, and what the API calls them. */
const FILTERS = {
  in: "channel_id",
  who: "assignee",
  label: "label_id",
  category: "category",
  mood: "sentiment",
  kind: "kind",
  when: null,
} as const
export type Filter = keyof typeof FILTERS
export const FILTER_NAMES = Object.keys(FILTERS) as Filter[]

const SPANS: Record<string, number> = { today: 1, "7": 7, "30": 30, "365": 365 }
export const SPAN_NAMES = ["today", "7", "30", "365"] as const
const BETWEEN = /^(\d{4}-\d{2}-\d{2})?~(\d{4}-\d{2}-\d{2})?$/
/** Longest question the API takes. */
export const LONGEST = 100

export interface Piece {
  text: string
  hit: boolean
}

export interface Asked {
  q: string
  newest: boolean
  filters: Partial<Record<Filter, string>>
}

export function readAsked(query: LocationQuery): Asked {
  const text = (name: string): string => (typeof query[name] === "string" ? (query[name] as string) : "")
  const filters: Asked["filters"] = {}
  for (const name of FILTER_NAMES) if (text(name)) filters[name] = text(name)
  return { q: text("q").slice(0, LONGEST), newest: query.sort === "newest", filters }
}

/** The same in the URL; what is not set is left out. */
export function writeAsked(asked: Asked): LocationQueryRaw {
  const q = asked.q.slice(0, LONGEST)
  return q.trim() ? { q, ...asked.filters, ...(asked.newest ? { sort: "newest" } : {}) } : {}
}

/** For the API. `today`: the workspace's day. */
export function apiQuery(asked: Asked, today: string): Query {
  const query: Query = { q: asked.q, limit: 20, sort: asked.newest ? "newest" : null }
  for (const name of FILTER_NAMES) {
    const field = FILTERS[name]
    if (field) query[field] = asked.filters[name]
  }
  const [first, last] = days(asked.filters.when, today)
  return { ...query, first_day: first, last_day: last }
}

/** First and last day of a span's name or of "2026-11-01~2026-11-30"; either end may be open. */
export function days(when: string | undefined, today: string): [string | null, string | null] {
  const between = BETWEEN.exec(when ?? "")
  if (between) return [between[1] ?? null, between[2] ?? null]
  const span = SPANS[when ?? ""]
  return span ? [addDays(today, 1 - span), null] : [null, null]
}

/** The shown text cut at its marks: pieces to set as text, so that nothing a customer wrote is ever markup. */
export function pieces(shown: Shown): Piece[] {
  const found: Piece[] = []
  let at = 0
  const add = (text: string, hit: boolean): void => void (text && found.push({ text, hit }))
  for (const [from, to] of shown.marks) {
    if (from < at || to <= from) continue
    add(shown.text.slice(at, from), false)
    add(shown.text.slice(from, to), true)
    at = to
  }
  add(shown.text.slice(at), false)
  return found
}
