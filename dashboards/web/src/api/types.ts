/** The server's records and views as JSON. Times are RFC 3339 UTC strings; ids sort by creation. */

export type Role = "agent" | "supervisor" | "manager" | "admin"
export type Availability = "online" | "busy" | "offline"
export type Locale = "zh-CN" | "en"
export type Theme = "system" | "light" | "dark"

export interface Agent {
  id: string
  login: string
  name: string
  public_name: string | null
  /** Of a file, to be read as an attachment. */
  picture: string | null
  role: Role
  availability: Availability
  capacity: number
  team_ids: string[]
  locale: string
  theme: string
  disabled: boolean
  created_at: string
  updated_at: string
  open_conversations: number
}
export interface Workspace {
  name: string
  time_zone: string
  version: string
  demo: boolean
  public_url?: string | null
}
export interface Session {
  agent: Agent
  csrf: string
  workspace: Workspace
}
export interface Team {
  id: string
  name: string
  categories: string[]
  fallback: boolean
  created_at: string
}
export interface Label {
  id: string
  name: string
  color: string
}
export interface CannedReply {
  id: string
  shortcut: string
  title: string
  content: string
  category: string | null
  uses: number
  updated_at: string
}
export interface Category {
  code: string
  name_zh: string
  name_en: string
}
export type ContentType = "text" | "image" | "voice" | "video" | "file" | "location" | "link" | "event" | "unknown"
export interface Capabilities {
  receives: ContentType[]
  sends: ContentType[]
  text_limit: number
  text_unit: "bytes" | "characters" | "utf16"
  max_text: number
  media_limits: Record<string, number>
  media_types: Record<string, string[]>
  reply_rules: { trigger: string; lasts: string; replies: number | null }[]
  receipts: boolean
  typing: boolean
  polls: boolean
  threads?: boolean
  tools?: AccountTool[]
  servicers?: boolean
}
export type AccountTool = "qr_codes" | "menu" | "tags" | "templates"
/** `outcome`: `ok`, or why not. `ref`: the ends of an id. */
export interface Exchange {
  at: string
  way: "in" | "out"
  kind: string
  outcome: string
  code: string
  size: number
  ref: string
}
export interface TestResult {
  message_id: string
  status: string
  code: string
  detail: string
}
export interface ChannelSetting {
  name: string
  label_zh: string
  label_en: string
  secret: boolean
  generated: boolean
  required: boolean
  pattern: string
  choices: string[]
  default: string | null
  help_zh: string
  help_en: string
}
export interface ChannelType {
  type: string
  name_zh: string
  name_en: string
  badge: string
  color: string
  settings: ChannelSetting[]
  capabilities: Capabilities
}
export interface Channel {
  id: string
  type: string
  name: string
  state: "active" | "paused"
  settings: Record<string, string>
  secrets_set: string[]
  webhook_path: string
  created_at: string
  updated_at: string
  last_received_at: string | null
  last_error: string | null
  last_error_at: string | null
  capabilities: Capabilities
}
export interface Bootstrap {
  agents: Agent[]
  teams: Team[]
  labels: Label[]
  canned_replies: CannedReply[]
  channels: Channel[]
  channel_types: ChannelType[]
  categories: Category[]
  former_categories: Category[]
  me: Agent
}

export type ConversationStatus = "open" | "pending" | "snoozed" | "resolved"
export type Priority = "normal" | "high" | "urgent"
export type Sentiment = "negative" | "neutral" | "positive"
export type MessageKind = "incoming" | "outgoing" | "note" | "activity"
export type MessageStatus = "queued" | "sending" | "retrying" | "unknown" | "failed" | "sent" | "delivered" | "read"
export type AuthorType = "contact" | "agent" | "api" | "system"

export interface ContactBrief {
  id: string
  name: string
  avatar_url: string | null
  vip: boolean
  labels: string[]
}
export interface Preview {
  kind: MessageKind
  content_type: ContentType
  content: string
  author_type: AuthorType
  at: string
}
export interface WindowView {
  unlimited: boolean
  expires_at: string | null
  replies_left: number | null
  open: boolean
}
export interface Conversation {
  id: string
  number: number
  contact_id: string
  channel_id: string
  status: ConversationStatus
  assignee_id: string | null
  team_id: string | null
  priority: Priority
  labels: string[]
  category: string | null
  mood: { sentiment: Sentiment; score: number; messages: number }
  preview: Preview | null
  last_position: number
  incoming_count: number
  /** Of the customer's newest message, by the platform's clock. */
  latest_sent_at: string | null
  created_at: string
  last_activity_at: string
  waiting_since: string | null
  first_response_at: string | null
  resolved_at: string | null
  snoozed_until: string | null
  /** Who of the company has the customer on the platform itself; "": the queue there; `servicer_id` null: nobody any more. */
  servicing?: { servicer_id: string | null; at: string } | null
  version: number
  contact: ContactBrief
  channel: { id: string; name: string; type: string }
  unread: number
  window: WindowView | null
  deadline: Due | null
}
/** What is due next of what was promised. `target`: seconds of open time. */
export interface Due {
  clause: "first_response" | "next_response" | "resolution"
  near_at: string
  at: string
  target: number
}
export interface Counts {
  mine: number
  unassigned: number
  all: number
  /** With those put off until later. */
  backlog: number
  backlog_unassigned: number
}
export interface Attachment {
  id: string
  state: "pending" | "stored" | "failed"
  media_type: string
  file_name: string | null
  size: number | null
  duration: number | null
  /** A copy that browsers play, of a recording that they do not. */
  playable?: string | null
  width: number | null
  height: number | null
  error: string | null
}
export interface Analysis {
  model: string
  sentiment: Sentiment
  score: number
  category: string | null
  confidence: number
  keywords: string[]
  language: string
}
export interface Message {
  id: string
  conversation_id: string
  contact_id: string
  channel_id: string
  position: number
  rank: number
  kind: MessageKind
  content_type: ContentType
  content: string
  details: Record<string, string>
  attachments: Attachment[]
  author: { type: AuthorType; id: string | null; name: string | null }
  occurred_at: string
  created_at: string
  sent_at: string | null
  client_id: string | null
  mentions: string[]
  status: MessageStatus | null
  failure: { code: string; platform_code: string; detail: string } | null
  analysis_state: "none" | "pending" | "done" | "failed"
  analysis: Analysis | null
  template?: { template_id: string; kind: "template" | "subscribe"; title: string; fields: Record<string, string>; url: string } | null
  correction: { category: string | null; sentiment: Sentiment; by: { id: string | null; name: string | null }; at: string } | null
  revision: number
}
export interface Identity {
  id: string
  scope: "channel" | "union" | "phone" | "email"
  realm: string
  value: string
  channel_id: string | null
  evidence: string
  created_at: string
}
export interface Contact {
  id: string
  name: string
  avatar_url: string | null
  vip: boolean
  phone: string | null
  email: string | null
  city: string | null
  company: string | null
  remark: string
  language: string | null
  labels: string[]
  attributes: Record<string, string>
  source: Record<string, string>
  subscribed: boolean | null
  created_at: string
  updated_at: string
  last_seen_at: string | null
  identities: Identity[]
  conversations_count: number
  first_seen: string | null
}
export interface ApiToken {
  id: string
  name: string
  role: Role
  created_at: string
  last_used_at: string | null
  token?: string
}
export interface ViewFilter {
  assignee: "me" | "none" | "any"
  status: ConversationStatus | "active"
  channel_id: string | null
  team_id: string | null
  label_id: string | null
  due: "soon" | "missed" | "near" | null
}
export interface SavedView {
  id: string
  owner_id: string
  name: string
  shared: boolean
  filter: ViewFilter
  created_at: string
}
export interface TaskView {
  id: string
  kind: "analyse" | "fetch_media" | "fetch_profile" | "route" | "receipt" | "hand_over" | "sync_tags"
  channel_id: string | null
  attempts: number
  failed: boolean
  error: string | null
  contact_id: string | null
  conversation_id: string | null
  position: number | null
}
export interface JournalView {
  id: string
  channel_id: string
  state: "pending" | "done" | "failed"
  received_at: string
  attempts: number
  error: string | null
  size: number
  body: string | null
}
export interface Page<T> {
  items: T[]
  next: string | null
}
export interface MessagePage extends Page<Message> {
  last_position: number
}
/** Why a message was found: `marks` are ranges of `text`, from and to (not included). */
export interface Shown {
  text: string
  marks: [number, number][]
  cut_before: boolean
  cut_after: boolean
}
export interface FoundMessage {
  message: Message
  contact: ContactBrief
  shown: Shown
}
/** total: null where that would take looking at each message. whole: false while older ones may be missing. */
export interface SearchResult {
  contacts: ContactBrief[]
  messages: FoundMessage[]
  next: string | null
  total: number | null
  whole: boolean
}

export type KpiKey =
  | "conversations"
  | "incoming"
  | "outgoing"
  | "first_response_p50"
  | "first_response_p90"
  | "resolution_p50"
  | "resolution_p90"
  | "negative_share"
  | "waiting_now"
  | "resolved"
  | "backlog"
  | "satisfaction"
export interface Kpi {
  key: KpiKey
  value: number | null
  previous: number | null
  unit: "count" | "seconds" | "share" | "score"
}
export interface Overview {
  range: { first_day: string; last_day: string }
  previous: { first_day: string; last_day: string }
  kpis: Kpi[]
  trend: {
    day: string
    conversations: number
    incoming: number
    outgoing: number
    negative: number
    neutral: number
    positive: number
  }[]
  categories: { category: string | null; count: number; negative: number; share: number }[]
  heat: { category: string | null; sentiment: Sentiment; count: number }[]
  /** The days of the range compared with. */
  previous_trend: Overview["trend"]
}
export interface Evidence {
  conversation: Conversation
  message: Message | null
  value: number | null
  at: string
}
