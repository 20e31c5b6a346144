/** Service quality and what is promised, as the server gives them: scrm/model/quality.py and service.py say what is what. */
import { call, get, type Query } from "@/api/http"
import type { Priority } from "@/api/types"

export interface Times {
  count: number
  p50: number | null
  p90: number | null
  open_p50: number | null
  open_p90: number | null
}
export interface Kept {
  met: number
  missed: number
}
export interface ServiceRow {
  key: string | null
  opened: number
  assigned: number
  incoming: number
  outgoing: number
  resolved: number
  reopened: number
  handed_off: number
  first_response: Times
  next_response: Times
  resolution: Times
  first_kept: Kept
  next_kept: Kept
  resolution_kept: Kept
  satisfaction: number | null
  rated: number
  mood_before: number | null
  mood_after: number | null
  moods: number
}
export interface StaffHour {
  hour: number
  incoming: number
  outgoing: number
  agent_days: number
}
export interface ServiceReport {
  range: { first_day: string; last_day: string }
  previous: { first_day: string; last_day: string }
  days: number
  total: ServiceRow
  before: ServiceRow
  agents: ServiceRow[]
  teams: ServiceRow[]
  channels: ServiceRow[]
  arrivals: { weekday: number; hour: number; count: number }[]
  staffing: StaffHour[]
  previous_since: string | null
}
export type By = "agents" | "teams" | "channels"

export interface OpenSpan {
  opens: string
  closes: string
}
export interface SpecialDay {
  day: string
  name: string
  hours: OpenSpan[]
}
export interface SlaPolicy {
  name: string
  team_ids: string[]
  priorities: Priority[]
  vip: boolean
  first_response: number | null
  next_response: number | null
  resolution: number | null
}
export interface ServiceSettings {
  schedule: { always: boolean; week: OpenSpan[][]; special: SpecialDay[] }
  policies: SlaPolicy[]
}

export const serviceApi = {
  report: (query: Query, signal?: AbortSignal) => get<ServiceReport>("/api/v1/reports/service", query, signal),
  settings: () => get<ServiceSettings>("/api/v1/workspace/service"),
  save: (body: ServiceSettings) => call<ServiceSettings>("PUT", "/api/v1/workspace/service", { body }),
}

/** The share of what was kept; null where nothing was promised. */
export const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)
export const keptShare = (kept: Kept): number | null => share(kept.met, kept.met + kept.missed)
export const percent = (value: number | null): string => (value === null ? "—" : `${(value * 100).toFixed(value === 1 || value === 0 ? 0 : 1)}%`)
