/** Customer voice as the server gives it: the names are those of scrm/model/voice.py, which says what they mean. */
import { get, type Query } from "@/api/http"
import type { Evidence, Page, Sentiment } from "@/api/types"

export type Moods = Record<Sentiment, number>
export interface Part {
  key: string | null
  rest: boolean
  now: number
  before: number
  negative_now: number
  negative_before: number
  effect: number
  mix: number | null
  rate: number | null
  share: number | null
  unless: string[]
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
  link: string
  cites: { message_id: string; conversation_id: string }[]
}
export interface Days {
  first_day: string
  last_day: string
}
export interface Voice {
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

export const boardsApi = {
  voice: (query: Query, signal?: AbortSignal) => get<Voice>("/api/v1/reports/voice", query, signal),
  phrases: (query: Query) => get<Page<Evidence>>("/api/v1/reports/voice/evidence", query),
}
