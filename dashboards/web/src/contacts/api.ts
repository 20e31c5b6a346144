import { get, post } from "@/api/http"
import type { Contact, Page } from "@/api/types"

export type Likeness = "phone" | "email"
export interface Lookalike {
  contact: Contact
  likeness: Likeness[]
}

const of = (id: string) => `/api/v1/contacts/${id}`

/** One person whom the hub knows as several contacts. */
export const merging = {
  lookalikes: (id: string) => get<Page<Lookalike>>(`${of(id)}/lookalikes`),
  merge: (id: string, other: string) => post<Contact>(`${of(id)}/merge`, { contact_id: other }),
}
