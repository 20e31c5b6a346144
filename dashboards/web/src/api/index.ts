/** Every request the client makes, by name. */
import { call, get, patch, post, remove, withQuery, type Query } from "./http"
import type * as T from "./types"

const v1 = "/api/v1"

export const api = {
  /** undefined: nobody is signed in here. */
  session: () => call<T.Session | undefined>("GET", `${v1}/session`, { quiet401: true }),
  signIn: (login: string, password: string) =>
    call<T.Session>("POST", `${v1}/session`, { body: { login, password }, quiet401: true }),
  signOut: () => remove(`${v1}/session`),
  patchMe: (change: {
    name?: string
    public_name?: string | null
    locale?: string
    theme?: string
    availability?: T.Availability
    password?: { current: string; new: string }
  }) => patch<T.Agent>(`${v1}/me`, change),
  putPicture: (picture: Blob) => {
    const form = new FormData()
    form.append("file", picture, "picture.jpg")
    return call<T.Agent>("PUT", `${v1}/me/picture`, { body: form })
  },
  removePicture: () => call<T.Agent>("DELETE", `${v1}/me/picture`),
  removePictureOf: (id: string) => call<T.Agent>("DELETE", `${v1}/agents/${id}/picture`),
  bootstrap: () => get<T.Bootstrap>(`${v1}/bootstrap`),

  conversations: (query: Query, signal?: AbortSignal) =>
    get<T.Page<T.Conversation>>(`${v1}/conversations`, query, signal),
  counts: () => get<T.Counts>(`${v1}/conversations/counts`),
  conversation: (id: string) => get<T.Conversation>(`${v1}/conversations/${id}`),
  patchConversation: (id: string, change: Partial<Pick<T.Conversation, ConversationField>>) =>
    patch<T.Conversation>(`${v1}/conversations/${id}`, change),
  markRead: (id: string, position: number) => post<void>(`${v1}/conversations/${id}/read`, { position }),
  messages: (id: string, query: { after_position?: number; before_position?: number; limit?: number }) =>
    get<T.MessagePage>(`${v1}/conversations/${id}/messages`, query),
  // Half a minute: on a line that is dead without having been cut, a reply would else seem to be on its way for minutes.
  sendMessage: (id: string, message: NewMessage) => post<T.Message>(`${v1}/conversations/${id}/messages`, message, 30_000),
  retryMessage: (id: string) => post<T.Message>(`${v1}/messages/${id}/retry`),
  giveUpMessage: (id: string) => post<T.Message>(`${v1}/messages/${id}/give-up`),

  contacts: (query: Query, signal?: AbortSignal) => get<T.Page<T.Contact>>(`${v1}/contacts`, query, signal),
  contact: (id: string) => get<T.Contact>(`${v1}/contacts/${id}`),
  patchContact: (id: string, change: Partial<T.Contact>) => patch<T.Contact>(`${v1}/contacts/${id}`, change),
  timeline: (id: string, before?: string | null) =>
    get<T.Page<T.Message>>(`${v1}/contacts/${id}/timeline`, { before, limit: 30 }),
  contactConversations: (id: string) => get<T.Page<T.Conversation>>(`${v1}/contacts/${id}/conversations`),
  search: (query: Query, signal?: AbortSignal) => get<T.SearchResult>(`${v1}/search`, query, signal),

  upload: (file: File) => {
    const form = new FormData()
    form.append("file", file, file.name)
    return call<T.Attachment>("POST", `${v1}/attachments`, { body: form })
  },
  /** Of a mail's markup: a page that loads nothing and runs nothing. */
  attachmentView: (id: string) => `${v1}/attachments/${id}?view=1`,
  attachmentUrl: (id: string, download = false) => `${v1}/attachments/${id}${download ? "?download=1" : ""}`,

  agents: () => get<T.Page<T.Agent>>(`${v1}/agents`),
  saveAgent: (id: string | null, body: object) => save<T.Agent>("agents", id, body),
  saveTeam: (id: string | null, body: object) => save<T.Team>("teams", id, body),
  saveLabel: (id: string | null, body: object) => save<T.Label>("labels", id, body),
  saveCannedReply: (id: string | null, body: object) => save<T.CannedReply>("canned-replies", id, body),
  saveChannel: (id: string | null, body: object) => save<T.Channel>("channels", id, body),
  removeItem: (kind: "teams" | "labels" | "canned-replies" | "channels" | "tokens", id: string) =>
    remove(`${v1}/${kind}/${id}`),
  channels: () => get<T.Page<T.Channel>>(`${v1}/channels`),
  checkChannel: (id: string) => post<{ ok: boolean; detail: string }>(`${v1}/channels/${id}/check`),
  exchanges: (id: string) => get<T.Page<T.Exchange>>(`${v1}/channels/${id}/exchanges`),
  testChannel: (id: string, conversation_id: string, content: string) => post<T.TestResult>(`${v1}/channels/${id}/test`, { conversation_id, content }),
  tokens: () => get<T.Page<T.ApiToken>>(`${v1}/tokens`),
  createToken: (name: string, role: T.Role) => post<T.ApiToken>(`${v1}/tokens`, { name, role }),
  views: () => get<T.Page<T.SavedView>>(`${v1}/views`),
  saveView: (id: string | null, body: { name: string; shared: boolean; filter: T.ViewFilter }) => save<T.SavedView>("views", id, body),
  deleteView: (id: string) => remove(`${v1}/views/${id}`),
  journal: (query: Query) => get<T.Page<T.JournalView>>(`${v1}/journal`, query),
  failedTasks: (query: Query) => get<T.Page<T.TaskView>>(`${v1}/tasks`, query),
  retryTask: (id: string) => post<T.TaskView>(`${v1}/tasks/${id}/retry`),
  dismissTask: (id: string) => remove(`${v1}/tasks/${id}`),
  replay: (id: string) => post<T.JournalView>(`${v1}/journal/${id}/replay`),

  overview: (query: Query, signal?: AbortSignal) => get<T.Overview>(`${v1}/reports/overview`, query, signal),
  evidence: (query: Query, signal?: AbortSignal) => get<T.Page<T.Evidence>>(`${v1}/reports/evidence`, query, signal),
  overviewCsvUrl: (query: Query) => withQuery(`${v1}/reports/overview.csv`, query),
}

type ConversationField =
  | "status"
  | "assignee_id"
  | "team_id"
  | "labels"
  | "priority"
  | "snoozed_until"
  | "category"

export interface NewMessage {
  content: string
  client_id: string
  kind?: "outgoing" | "note"
  attachments?: string[]
  mentions?: string[]
  reply_to?: string
}

function save<R>(kind: string, id: string | null, body: object): Promise<R> {
  return id === null ? post<R>(`${v1}/${kind}`, body) : patch<R>(`${v1}/${kind}/${id}`, body)
}
