/** Customer voice as the server gives it: the names are those of scrm/model/voice.py, which says what they mean. */
import { get, post, remove, type Query } from "@/api/http"
import type { Evidence, Kpi, Overview, Page, Sentiment } from "@/api/types"

export type Moods = Record<Sentiment, number>
export interface Part {
  key: string | null
  /** Several together, on screen only. */
  rest?: boolean
  now: number
  before: number
  negative_now: number
  negative_before: number
  effect: number
  mix: number | null
  rate: number | null
  share: number | null
}
export type Dimension = "categories" | "channels" | "phrases"
export interface Explained extends Record<Dimension, Part[]> {
  now: number
  before: number
  change: number
}
export interface Phrase {
  term: string
  now: number
  before: number
  negative: number
  expected: number | null
  days: number[]
  people: number | null
  first_at: string | null
}
export interface PhraseBoard {
  since: string
  until: string
  as_of: string
  messages: number
  before: number
  moved: Phrase[]
  new: Phrase[]
}
export interface Finding {
  text: string
  detail: boolean
  link: string
  cites: { message_id: string; conversation_id: string }[]
}
export interface Days {
  first_day: string
  last_day: string
}
/** The first day of which anything is known, where that is not before the whole range compared with. */
export interface Partly {
  previous_since: string | null
}
export interface Voice extends Partly {
  range: Days
  previous: Days
  days: string[]
  rows: { category: string | null; now: Moods; before: Moods }[]
  trends: { category: string | null; messages: number[]; negative: number[]; before: number[] }[]
  volume: Explained
  negative: Explained | null
  phrases: PhraseBoard | null
  findings: Finding[]
}

export type ReportKind = "daily" | "weekly"
export interface PeriodReport extends Partly {
  kind: ReportKind
  range: Days
  previous: Days
  made_at: string
  whole: boolean
  figures: { kpi: Kpi; label: string; link: string }[]
  trend: Overview["trend"]
  previous_trend: Overview["trend"]
  categories: { category: string | null; label: string; count: number; before: number; negative: number; link: string }[]
  findings: Finding[]
  alerts: { label: string; messages: number; expected: number | null; negative: number; high: boolean; opened_at: string; ended_at: string | null; link: string }[]
}
export interface SavedBoard {
  id: string
  owner_id: string
  name: string
  page: "overview" | "service" | "voice"
  query: Record<string, string>
  shared: boolean
}

export const boardsApi = {
  overview: (query: Query, signal?: AbortSignal) => get<Overview & Partly>("/api/v1/reports/overview", query, signal),
  voice: (query: Query, signal?: AbortSignal) => get<Voice>("/api/v1/reports/voice", query, signal),
  phrases: (query: Query) => get<Page<Evidence>>("/api/v1/reports/voice/evidence", query),
  report: (query: Query, signal?: AbortSignal) => get<PeriodReport>("/api/v1/reports/digest", query, signal),
  saved: () => get<Page<SavedBoard>>("/api/v1/boards"),
  save: (board: { name: string; page: string; query: Record<string, string>; shared: boolean }) => post<SavedBoard>("/api/v1/boards", board),
  drop: (id: string) => remove(`/api/v1/boards/${id}`),
}
