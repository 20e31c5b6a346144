/** Word lists, masking and suggested replies. */
import { get, patch, post, remove } from "./http"
import type { Conversation, Message, Page } from "./types"

const v1 = "/api/v1"

export type WordAction = "flag" | "risk" | "block"
export type WordVariant = "exact" | "width" | "spaced" | "traditional" | "lookalike" | "sound"
export type PersonalKind = "mobile" | "landline" | "email" | "id_card" | "bank_card" | "passport" | "licence_plate" | "tax_id"
export interface Word {
  text: string
  sound: boolean
}
export interface WordList {
  id: string
  name: string
  action: WordAction
  words: Word[]
  label_id: string | null
  enabled: boolean
  updated_at: string
}
export type WordListBody = Omit<WordList, "id" | "updated_at">
export interface Tried {
  hits: { list_id: string; word: string; written: string; start: number; end: number; variant: WordVariant }[]
  personal: { kind: PersonalKind; start: number; end: number }[]
  masked: string
}
export interface WordRecord {
  words: string[]
  action: WordAction
  conversation: Conversation
  message: Message | null
  author_id: string | null
  at: string
}
export interface Suggestion {
  text: string
  source: "history" | "canned"
  score: number
  count: number
  canned_id: string | null
  title: string
  question: string | null
  conversation_id: string | null
  message_id: string | null
  at: string | null
}

export const words = {
  lists: () => get<Page<WordList>>(`${v1}/word-lists`),
  save: (id: string | null, body: Partial<WordListBody>) => (id === null ? post<WordList>(`${v1}/word-lists`, body) : patch<WordList>(`${v1}/word-lists/${id}`, body)),
  remove: (id: string) => remove(`${v1}/word-lists/${id}`),
  try: (text: string) => post<Tried>(`${v1}/word-lists/try`, { text }),
  counts: (days: number) => get<Page<{ list_id: string; hits: number }>>(`${v1}/word-lists/counts`, { days }),
  hits: (id: string, after?: string | null) => get<Page<WordRecord>>(`${v1}/word-lists/${id}/hits`, { after, limit: 30 }),
  privacy: () => get<{ mask_personal: boolean }>(`${v1}/privacy`),
  setPrivacy: (mask_personal: boolean) => patch<{ mask_personal: boolean }>(`${v1}/privacy`, { mask_personal }),
  reveal: (messageId: string) => post<Message>(`${v1}/messages/${messageId}/reveal`),
  suggestions: (conversationId: string) => get<Page<Suggestion>>(`${v1}/conversations/${conversationId}/suggestions`),
}
