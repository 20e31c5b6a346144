/** Accounts on platforms, beside messages: QR codes, the menu, tags, templates. */
import { get, patch, post, remove, call } from "./http"
import type { Conversation, Message, Page } from "./types"

const v1 = "/api/v1"

export interface QrCode {
  id: string
  channel_id: string
  name: string
  scene: string
  team_id: string | null
  label_ids: string[]
  ticket: string
  url: string
  picture_id: string
  created_at: string
  expires_at: string | null
}
export interface QrCodeRow {
  code: QrCode
  counts: { scans: number; followed: number; first: number }
}
export interface QrScan {
  contact: Conversation["contact"] | null
  conversation_id: string
  followed: boolean
  first: boolean
  at: string
}
export interface MenuButton {
  name: string
  type: string
  key: string
  url: string
  app_id: string
  page_path: string
  media_id: string
  children: MenuButton[]
}
export interface MenuAction {
  key: string
  opens: boolean
  team_id: string | null
  answer: string
}
export interface AccountMenu {
  buttons: MenuButton[]
  actions: MenuAction[]
  saved_at: string
  published_at: string | null
}
export interface PlatformTag {
  id: string
  name: string
  count: number | null
}
export interface TagsView {
  links: Record<string, string>
  tags: PlatformTag[] | null
}
export interface TemplateField {
  name: string
  label: string
  limit: number
}
export interface MessageTemplate {
  template_id: string
  kind: "template" | "subscribe"
  title: string
  body: string
  example: string
  fields: TemplateField[]
  mapping: Record<string, string>
  url: string
  enabled: boolean
  /** A text reply goes as this one, by itself, once the reply window is closed or used up. */
  automatic: boolean
  lasting: boolean
  /** Customers see the title above the text. */
  titled: boolean
  gone: boolean
}
/** left: messages the customer still agreed to, null for any number. refusal: "" when it may be sent. automatic: a text reply goes as this one. */
export interface Offer {
  template: MessageTemplate
  left: number | null
  refusal: string
  automatic: boolean
}

const of = (channel: string) => `${v1}/channels/${channel}`

export const accounts = {
  qrCodes: (channel: string) => get<Page<QrCodeRow>>(`${of(channel)}/qr-codes`),
  addQrCode: (channel: string, body: { name: string; scene: string; lasts: number | null; team_id: string | null; label_ids: string[] }) =>
    post<QrCode>(`${of(channel)}/qr-codes`, body),
  changeQrCode: (id: string, body: { name: string; team_id: string | null; label_ids: string[] }) => patch<QrCode>(`${v1}/qr-codes/${id}`, body),
  removeQrCode: (id: string) => remove(`${v1}/qr-codes/${id}`),
  scans: (id: string, after?: string | null) => get<Page<QrScan>>(`${v1}/qr-codes/${id}/scans`, { after, limit: 30 }),
  menu: (channel: string) => get<AccountMenu>(`${of(channel)}/menu`),
  saveMenu: (channel: string, body: { buttons: object[]; actions: MenuAction[] }) => patch<AccountMenu>(`${of(channel)}/menu`, body),
  shownMenu: (channel: string) => get<{ buttons: MenuButton[] }>(`${of(channel)}/menu/shown`),
  publishMenu: (channel: string) => post<AccountMenu>(`${of(channel)}/menu/publish`),
  deleteMenu: (channel: string) => call<AccountMenu>("DELETE", `${of(channel)}/menu`),
  tags: (channel: string) => get<TagsView>(`${of(channel)}/tags`),
  linkLabel: (channel: string, label_id: string) => post<TagsView>(`${of(channel)}/tags`, { label_id }),
  importTag: (channel: string, tag_id: string) => post<TagsView>(`${of(channel)}/tags`, { tag_id }),
  unlinkLabel: (channel: string, label: string) => call<TagsView>("DELETE", `${of(channel)}/tags/${label}`),
  templates: (channel: string) => get<Page<MessageTemplate>>(`${of(channel)}/templates`),
  fetchTemplates: (channel: string) => post<Page<MessageTemplate>>(`${of(channel)}/templates/fetch`),
  changeTemplate: (channel: string, id: string, body: { enabled?: boolean; automatic?: boolean; mapping?: Record<string, string>; url?: string }) =>
    patch<MessageTemplate>(`${of(channel)}/templates/${id}`, body),
  offers: (conversation: string) => get<Page<Offer>>(`${v1}/conversations/${conversation}/offers`),
  notify: (conversation: string, body: { client_id: string; template_id: string; fields: Record<string, string> }) =>
    post<Message>(`${v1}/conversations/${conversation}/notices`, body),
}
