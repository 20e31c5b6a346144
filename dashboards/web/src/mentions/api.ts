/** Mentions, monitors and sources, as the server gives them. */
import { call, get, patch, post, remove, withQuery, type Query } from "@/api/http"
import type { Evidence, Page, Sentiment } from "@/api/types"

export type MentionKind = "article" | "post" | "comment"
export type MonitorKind = "brand" | "product" | "competitor" | "risk"
export type Stream = "mentions" | "messages"
export type SourceKind = "feed" | "sitemap" | "endpoint"

export interface Mention {
  id: string
  source_id: string | null
  kind: MentionKind
  url: string
  site: string
  title: string
  text: string
  author: string
  reach: number | null
  published_at: string
  fetched_at: string
  dated: boolean
  story_id: string
  repost: boolean
  chain: string[]
  state: "pending" | "done" | "failed" | "none"
  sentiment: Sentiment | null
  category: string | null
  keywords: string[]
}
export interface Story {
  mention: Mention
  spread: number
  source_name: string | null
}
export interface Monitor {
  id: string
  name: string
  kind: MonitorKind
  expression: string
  streams: Stream[]
  alerts: boolean
  counted: boolean
}
export type MonitorForm = Pick<Monitor, "name" | "kind" | "expression" | "streams" | "alerts">
export interface Point {
  start: string
  items: number
  negative: number
  low: number | null
  expected: number | null
  high: number | null
  share: number | null
  share_high: number | null
}
export interface Typical {
  stream: Stream
  text: string
  at: string
  similar: number
  sentiment: Sentiment | ""
  mention_id: string | null
  message_id: string | null
  conversation_id: string | null
}
export interface StreamReport {
  stream: Stream
  items: number
  before: number | null
  people: number
  moods: Record<Sentiment, number>
  reach: number
  first_seen: string | null
  points: Point[]
  places: { name: string; channel_id: string | null; items: number; negative: number }[]
  voices: Typical[]
}
export interface MonitorReport {
  monitor: Monitor | null
  since: string
  until: string
  grain: "hour" | "day"
  streams: StreamReport[]
}
export interface Share {
  monitor: Monitor
  items: number
  before: number | null
  negative: number
  reach: number
  share: number
}
export interface Preview {
  stream: Stream
  looked_at: number
  matched: number
  negative: number
  since: string
  examples: Typical[]
}
export interface Mapping {
  items: string
  url: string
  id: string
  title: string
  text: string
  author: string
  reach: string
  published_at: string
  repost_of: string
  kind: MentionKind
}
export interface Fetched {
  at: string
  seen: number
  new: number
  unchanged: boolean
  error: string | null
  detail: string
}
export interface Source {
  id: string
  name: string
  kind: SourceKind
  url: string
  own: boolean
  every: number
  paused: boolean
  prefix: string
  mapping: Mapping | null
  header_names: string[]
  failures: number
  next_at: string
  last: Fetched | null
}
export interface SourceForm {
  name: string
  kind: SourceKind
  url: string
  own: boolean
  every: number
  prefix: string
  mapping: Mapping | null
  headers?: Record<string, string>
}
export interface Tried {
  result: Fetched
  drafts: { title: string; text: string; url: string; author: string; published_at: string }[]
}
export interface TakenReport {
  new: number
  known: number
  refused: number
  rows: { line: number; state: string; reason: string; text: string }[]
  encoding: string
}

const V1 = "/api/v1"
export const mentionsApi = {
  list: (query: Query, signal?: AbortSignal) => get<Page<Story>>(`${V1}/mentions`, query, signal),
  one: (id: string) => get<Story>(`${V1}/mentions/${id}`),
  exportUrl: (query: Query, kind: "csv" | "xlsx") => withQuery(`${V1}/mentions/export.${kind}`, query),
  importFile: (file: File) => {
    const body = new FormData()
    body.append("file", file)
    return call<TakenReport>("POST", `${V1}/mentions/import`, { body })
  },
  shares: (query: Query, signal?: AbortSignal) => get<Page<Share>>(`${V1}/mentions/share`, query, signal),
  report: (query: Query, signal?: AbortSignal) => get<MonitorReport>(`${V1}/monitors/report`, query, signal),
  messages: (id: string, query: Query) => get<Page<Evidence>>(`${V1}/monitors/${id}/messages`, query),
  monitors: () => get<Page<Monitor>>(`${V1}/monitors`),
  addMonitor: (form: MonitorForm) => post<Monitor>(`${V1}/monitors`, form),
  changeMonitor: (id: string, form: Partial<MonitorForm>) => patch<Monitor>(`${V1}/monitors/${id}`, form),
  removeMonitor: (id: string) => remove(`${V1}/monitors/${id}`),
  preview: (expression: string, streams: Stream[], signal?: AbortSignal) => call<Page<Preview>>("POST", `${V1}/monitors/preview`, { body: { expression, streams }, signal }),
  sources: () => get<Page<Source>>(`${V1}/mention-sources`),
  addSource: (form: SourceForm) => post<Source>(`${V1}/mention-sources`, form),
  changeSource: (id: string, form: Partial<SourceForm> & { paused?: boolean }) => patch<Source>(`${V1}/mention-sources/${id}`, form),
  removeSource: (id: string) => remove(`${V1}/mention-sources/${id}`),
  trySource: (form: SourceForm) => post<Tried>(`${V1}/mention-sources/try`, form),
  fetchSource: (id: string) => post<Source>(`${V1}/mention-sources/${id}/fetch`),
}
