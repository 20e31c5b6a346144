/** Customers with the company's people on a platform itself. */
import { call, get } from "./http"
import type { Conversation, Page } from "./types"

/** `takes`: whether the person has the platform give them customers now. */
export interface Servicer {
  id: string
  name: string
  takes: boolean
}

const of = (id: string) => `/api/v1/conversations/${encodeURIComponent(id)}`
export const servicers = {
  list: (id: string) => get<Page<Servicer>>(`${of(id)}/servicers`),
  passOn: (id: string, servicer: string) => call<Conversation>("PUT", `${of(id)}/servicer`, { body: { servicer_id: servicer } }),
  takeBack: (id: string) => call<Conversation>("DELETE", `${of(id)}/servicer`),
}

/** Whether nobody of the hub can answer, because somebody on the platform has the customer. */
export const elsewhere = (conversation: Pick<Conversation, "servicing">): boolean => (conversation.servicing?.servicer_id ?? null) !== null
