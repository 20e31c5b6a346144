/** Alerts pushed and worked on: destinations, rules, report plans, incidents, as the server gives them. */
import { call, get, patch, post, remove, type Query } from "@/api/http"
import type { ChannelSetting, Conversation, Page } from "@/api/types"
import type { Alert } from "@/topics/api"

export type DestinationKind = "wecom_robot" | "lark_robot" | "dingtalk_robot" | "webhook" | "email"
export type Locale = "zh-CN" | "en"

export interface DestinationType {
  kind: DestinationKind
  name_zh: string
  name_en: string
  settings: ChannelSetting[]
  limits: { rates: { most: number; seconds: number }[]; size: number; of: "text" | "request"; source: string }
}
export interface DestinationBrief {
  id: string
  kind: DestinationKind
  name: string
  paused: boolean
}
export interface Destination extends DestinationBrief {
  locale: Locale
  settings: Record<string, string>
  secrets_set: string[]
  last_sent_at: string | null
  last_error: string | null
  last_error_at: string | null
}
export interface Letter {
  title: string
  lines: { label: string; text: string; url: string | null }[]
  url: string | null
  urgent: boolean
}
export interface Notice {
  id: string
  kind: "alert" | "report" | "test"
  letter: Letter
  state: "waiting" | "sent" | "failed"
  attempts: number
  error: string | null
  created_at: string
}
export interface AlertRule {
  id: string
  name: string
  enabled: boolean
  severity: "normal" | "high"
  channel_ids: string[]
  monitor_ids: string[]
  destination_ids: string[]
  quiet_from: string | null
  quiet_until: string | null
  urgent_breaks: boolean
  gather_minutes: number
  repeat_hours: number
}
export interface ReportPlan {
  id: string
  name: string
  every: "day" | "week"
  weekday: number
  at: string
  destination_ids: string[]
  channel_id: string | null
  enabled: boolean
}
export interface AlertSettings {
  second_approval: boolean
  phrasing: { enabled: boolean; base_url: string; model: string; has_key: boolean }
}

export interface Author {
  type: string
  id: string | null
  name: string | null
}
export interface Citation {
  kind: "message" | "mention" | "count"
  id: string
  conversation_id: string | null
  position: number | null
}
export interface Sentence {
  text: string
  cites: Citation[]
}
export interface IncidentTask {
  id: string
  title: string
  assignee_id: string | null
  due_at: string | null
  done_at: string | null
  done_by: string | null
}
export interface IncidentReply {
  round: number
  text: string
  state: "draft" | "approved" | "sending" | "sent"
  written_by: Author
  approved_by: Author | null
  applied_by: Author | null
  applied_at: string | null
}
export interface Incident {
  id: string
  tasks: IncidentTask[]
  reply: IncidentReply | null
  closed_at: string | null
  closed_by: Author | null
  summary: Sentence[]
  remark: string
}
export interface Entry {
  id: string
  kind: string
  at: string
  by: Author | null
  text: string
  details: Record<string, string>
}
export interface Phase {
  name: "before" | "during" | "after"
  since: string
  until: string
  hours: number
  messages: number
  negative: number
  share: number | null
  per_hour: number
  expected_per_hour: number | null
}
export interface HourPoint {
  start: string
  messages: number
  negative: number
  expected: number | null
}
export interface Recovery {
  state: "growing" | "easing" | "recovered"
  as_of: string
  turned_at: string | null
  hours: HourPoint[]
  phases: Phase[]
}
export interface Reach {
  conversation: Conversation
  messages: number
  code: string | null
}
export interface Target {
  target: { id: string; conversation_id: string; state: "waiting" | "queued" | "refused"; code: string | null }
  status: string | null
  failure: string | null
  contact_name: string
  position: number | null
}
export interface IncidentRoom {
  alert: Alert
  incident: Incident
  entries: Entry[]
  recovery: Recovery
  affected: Reach[]
  contacts: number
  messages: number
  more: boolean
  targets: Target[]
  second_approval: boolean
}
export interface Summary {
  sentences: Sentence[]
  by: "template" | "model"
}

const V1 = "/api/v1"
const put = <T>(path: string, body: unknown): Promise<T> => call<T>("PUT", path, { body })

export const alertsApi = {
  types: () => get<Page<DestinationType>>(`${V1}/destination-types`),
  destinations: () => get<Page<Destination>>(`${V1}/destinations`),
  briefs: () => get<Page<DestinationBrief>>(`${V1}/destinations/briefs`),
  saveDestination: (id: string | null, body: unknown) => (id ? patch<Destination>(`${V1}/destinations/${id}`, body) : post<Destination>(`${V1}/destinations`, body)),
  removeDestination: (id: string) => remove(`${V1}/destinations/${id}`),
  test: (id: string) => post<{ error: string | null }>(`${V1}/destinations/${id}/test`),
  notices: (id: string, query: Query) => get<Page<Notice>>(`${V1}/destinations/${id}/notices`, query),
  retry: (id: string) => post<Notice>(`${V1}/notices/retry`, { id }),
  rules: () => get<Page<AlertRule>>(`${V1}/alert-rules`),
  saveRule: (id: string | null, body: unknown) => (id ? put<AlertRule>(`${V1}/alert-rules/${id}`, body) : post<AlertRule>(`${V1}/alert-rules`, body)),
  removeRule: (id: string) => remove(`${V1}/alert-rules/${id}`),
  plans: () => get<Page<ReportPlan>>(`${V1}/report-plans`),
  savePlan: (id: string | null, body: unknown) => (id ? put<ReportPlan>(`${V1}/report-plans/${id}`, body) : post<ReportPlan>(`${V1}/report-plans`, body)),
  removePlan: (id: string) => remove(`${V1}/report-plans/${id}`),
  preview: (id: string, locale: Locale) => get<Letter>(`${V1}/report-plans/${id}/preview`, { locale }),
  sendNow: (id: string) => post<{ queued: number }>(`${V1}/report-plans/${id}/send`),
  settings: () => get<AlertSettings>(`${V1}/alert-settings`),
  saveSettings: (body: unknown) => patch<AlertSettings>(`${V1}/alert-settings`, body),
  room: (id: string, signal?: AbortSignal) => get<IncidentRoom>(`${V1}/incidents/${id}`, {}, signal),
  summary: (id: string, locale: Locale) => get<Summary>(`${V1}/incidents/${id}/summary`, { locale }),
  comment: (id: string, text: string) => post<Incident>(`${V1}/incidents/${id}/comments`, { text }),
  addTask: (id: string, body: unknown) => post<Incident>(`${V1}/incidents/${id}/tasks`, body),
  changeTask: (id: string, task: string, body: unknown) => patch<Incident>(`${V1}/incidents/${id}/tasks/${task}`, body),
  writeReply: (id: string, text: string) => put<Incident>(`${V1}/incidents/${id}/reply`, { text }),
  approve: (id: string) => post<Incident>(`${V1}/incidents/${id}/reply/approve`),
  apply: (id: string, conversation_ids: string[]) => post<Incident>(`${V1}/incidents/${id}/reply/apply`, { conversation_ids }),
  close: (id: string, remark: string, locale: Locale) => post<Incident>(`${V1}/incidents/${id}/close`, { remark, locale }),
  reopen: (id: string) => post<Incident>(`${V1}/incidents/${id}/reopen`),
}
