/** What is being typed, a conversation at a time; survives reloads, crashes and the end of a session. */
import { defineStore } from "pinia"
import { reactive } from "vue"
import { readJson, write } from "@/lib/storage"
import { useSession } from "./session"
import type { Attachment } from "@/api/types"

export interface DraftState {
  mode: "reply" | "note"
  reply: string
  note: string
  attachments: Attachment[]
}

const blank = (): DraftState => ({ mode: "reply", reply: "", note: "", attachments: [] })

export const useDrafts = defineStore("drafts", () => {
  const session = useSession()
  const open = reactive(new Map<string, DraftState>())
  const key = (id: string) => `scrm.draft.${session.id}.${id}`

  function of(id: string): DraftState {
    const held = open.get(id)
    if (held) return held
    open.set(id, { ...blank(), ...readJson<Partial<DraftState>>(key(id), {}) })
    return open.get(id)!
  }
  function keep(id: string): void {
    const draft = of(id)
    const empty = !draft.reply && !draft.note && draft.attachments.length === 0
    write(key(id), empty ? null : JSON.stringify(draft))
  }
  function clear(): void {
    open.clear()
  }
  return { of, keep, clear }
})
