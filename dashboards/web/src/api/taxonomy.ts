/** A company's own categories and agents' corrections: records as the server sends them, and the requests by name. */
import { call, get, patch, post, remove, withQuery } from "./http"
import type { Category, Message, Page, Sentiment } from "./types"

export interface Author {
  type: string
  id: string | null
  name: string | null
}
export interface Rate {
  value: number
  low: number
  high: number
  of: number
}
export interface CompanyCategory extends Category {
  description: string
}
export interface TrainingRun {
  id: string
  status: "running" | "done" | "failed" | "cancelled" | "interrupted"
  step: string
  share: number
  error: string
  by: Author
  started_at: string
  ended_at: string | null
}
export type VersionState = "draft" | "stale" | "trained" | "published" | "retired"
export interface Taxonomy {
  id: string
  number: number
  name: string
  state: VersionState
  categories: CompanyCategory[]
  counts: Record<string, number>
  threshold: number | null
  accuracy: Rate | null
  run: TrainingRun | null
  trained_at: string | null
  changed_at: string
  created_at: string
  created_by: Author
}
export interface Publication {
  id: string
  number: number
  name: string
  taxonomy_id: string | null
  threshold: number | null
  by: Author
  at: string
}
export interface TaxonomyList {
  items: Taxonomy[]
  shipped: { published: boolean; categories: Category[]; examples: number }
  log: Publication[]
  waiting: number
}
export interface Example {
  id: string
  text: string
  code: string
  source: "seed" | "import" | "paste" | "correction"
  added_by: Author
  added_at: string
}
export type RowFault = "no_text" | "no_category" | "too_long" | "name_too_long"
export interface Conflicting {
  line: number
  text: string
  category: string
  known: string
  code: string | null
  example_id: string | null
}
export interface ImportReport {
  rows: number
  added: number
  duplicates: number
  bad_count: number
  bad: { line: number; reason: RowFault; text: string }[]
  conflict_count: number
  conflicts: Conflicting[]
  new_categories: string[]
  encoding: string
}
export interface Doubt {
  example_id: string
  text: string
  code: string
  read: string
  confidence: number
}
export interface TrainingReport {
  examples: number
  seeds: number
  tested: number
  folds: number
  seconds: number
  threshold: number
  accuracy: Rate
  right: Rate
  unknown: Rate
  strangers: Rate | null
  categories: { code: string; examples: number; precision: Rate | null; recall: Rate | null }[]
  confusion: { truth: string; read: string | null; count: number }[]
  doubts: Doubt[]
  steps: { threshold: number; unknown: number; right: number; strangers: number | null }[]
}
export interface Tried {
  text: string
  category: string | null
  confidence: number
  guesses: [string, number][]
  evidence: { text: string; weight: number; speaks_for: string }[]
}
interface Verdict {
  category: string | null
  sentiment: Sentiment
}
export interface Correction {
  id: string
  conversation_id: string
  text: string
  was: Verdict
  now: Verdict
  of_category: boolean
  of_sentiment: boolean
  by: Author
  at: string
}
export interface DayOfReadings {
  id: string
  read: number
  corrected: number
  category_judged: number
  category_right: number
  sentiment_judged: number
  sentiment_right: number
}

const base = "/api/v1/taxonomies"

export const taxonomies = {
  list: () => get<TaxonomyList>(base),
  one: (id: string) => get<Taxonomy>(`${base}/${id}`),
  create: (name: string, start: string) => post<Taxonomy>(base, { name, start }),
  change: (id: string, change: { name?: string; threshold?: number }) => patch<Taxonomy>(`${base}/${id}`, change),
  remove: (id: string) => remove(`${base}/${id}`),
  addCategory: (id: string, body: object) => post<Taxonomy>(`${base}/${id}/categories`, body),
  changeCategory: (id: string, code: string, body: object) => patch<Taxonomy>(`${base}/${id}/categories/${code}`, body),
  removeCategory: (id: string, code: string, into: string | null) =>
    call<Taxonomy>("DELETE", withQuery(`${base}/${id}/categories/${code}`, { into })),
  examples: (id: string, code: string | null, after: string | null) =>
    get<Page<Example>>(`${base}/${id}/examples`, { code, after, limit: 50 }),
  relabel: (id: string, example: string, code: string) =>
    patch<Example>(`${base}/${id}/examples/${example}`, { code }),
  removeExample: (id: string, example: string) => remove(`${base}/${id}/examples/${example}`),
  paste: (id: string, pasted: string, code: string | null) =>
    post<ImportReport>(`${base}/${id}/examples`, { pasted, code }),
  importFile: (id: string, file: File) => {
    const form = new FormData()
    form.append("file", file, file.name)
    return call<ImportReport>("POST", `${base}/${id}/import`, { body: form })
  },
  templateUrl: `${base}/template.csv`,
  train: (id: string) => post<Taxonomy>(`${base}/${id}/train`),
  cancel: (id: string) => post<Taxonomy>(`${base}/${id}/cancel`),
  report: (id: string) => get<TrainingReport>(`${base}/${id}/report`),
  tryOut: (id: string, texts: string[]) => post<{ items: Tried[] }>(`${base}/${id}/try`, { texts }),
  publish: (id: string | null) => post<Publication>(`${base}/publish`, { taxonomy_id: id }),
}

export const corrections = {
  correct: (message: string, says: { category?: string | null; sentiment?: Sentiment }) =>
    post<Message>(`/api/v1/messages/${message}/correction`, says),
  waiting: (after: string | null) => get<Page<Correction>>("/api/v1/corrections", { state: "waiting", after, limit: 50 }),
  decide: (ids: string[], taxonomy: string | null) =>
    post<ImportReport>("/api/v1/corrections/decide", { ids, taxonomy_id: taxonomy }),
  drift: () => get<{ days: DayOfReadings[]; drifting: boolean }>("/api/v1/corrections/drift"),
}
