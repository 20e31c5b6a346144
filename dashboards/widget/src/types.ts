/** What the hub and the widget say to each other: `scrm/web/visitor/frames.py` and `http.py`. */

export interface Place {
  conversation_id: string
  position: number
}

export interface EntryFile {
  id: string
  media_type: string
  file_name: string | null
  size: number | null
  ready: boolean
}

export interface Entry {
  id: string
  conversation_id: string
  position: number
  rank: number
  mine: boolean
  client_id: string | null
  agent: string | null
  face: string | null
  text: string
  files: EntryFile[]
  at: string
  seen: boolean
  revision: number
}

export interface State {
  conversation_id: string
  resolved: boolean
  agent: string | null
  face: string | null
  read: number
  occasion: string | null
}

export type Frame =
  | { type: "hello" }
  | { type: "entry"; entry: Entry }
  | ({ type: "state" } & State)
  | { type: "typing"; agent: string | null }
  | { type: "caught_up"; place: Place | null; earlier: boolean; anew: boolean; before: Place | null }
  | { type: "reload" }
  | { type: "ping" }

export type Texts = { zh?: string; en?: string }
export type FieldName = "name" | "phone" | "email" | "company"

export interface Site {
  title: Texts
  welcome: Texts
  away: Texts
  agent_title: Texts
  color: string
  theme: "auto" | "light" | "dark"
  side: "right" | "left"
  form: { name: FieldName; required: boolean }[]
  rating: boolean
  privacy_url: string
  max_file: number
}

export interface Session {
  token: string
  known: boolean
  signed_in: boolean
  open: boolean
  opens_at: string | null
  site: Site
}

export interface Identity {
  user_id: string
  expires: number
  signature: string
  name?: string
}

export interface Upload {
  id: string
  media_type: string
  file_name: string
  size: number
  key: string
}

export type Form = Partial<Record<FieldName, string>> & { away?: boolean }

/** A message on its way. failed: why the hub will not have it. */
export interface Pending {
  id: string
  text: string
  files: Upload[]
  form?: Form
  page: string
  at: number
  failed?: string
}
