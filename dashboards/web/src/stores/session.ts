/** Who is signed in. `unknown` until the server was asked once. */
import { defineStore } from "pinia"
import { computed, ref, shallowRef } from "vue"
import { api } from "@/api"
import { setCsrf } from "@/api/http"
import { setZone } from "@/lib/time"
import type { Agent, Role, Session, Workspace } from "@/api/types"

const LEVEL: Record<Role, number> = { agent: 1, supervisor: 2, manager: 3, admin: 4 }

export const useSession = defineStore("session", () => {
  const state = ref<"unknown" | "in" | "out">("unknown")
  const me = shallowRef<Agent | null>(null)
  const workspace = shallowRef<Workspace | null>(null)
  const expired = ref(false)

  function enter(session: Session): void {
    setCsrf(session.csrf)
    setZone(session.workspace.time_zone)
    me.value = session.agent
    workspace.value = session.workspace
    expired.value = false
    state.value = "in"
  }
  async function restore(): Promise<void> {
    const session = await api.session()
    if (session) enter(session)
    else state.value = "out"
  }
  async function signIn(login: string, password: string): Promise<void> {
    enter(await api.signIn(login, password))
  }
  async function signOut(): Promise<void> {
    await api.signOut().catch(() => undefined)
    leave()
  }
  function leave(): void {
    setCsrf("")
    me.value = null
    state.value = "out"
  }
  /** The server says the session is over: what was typed stays, the agent signs in again. */
  function expire(): void {
    if (state.value !== "in") return
    expired.value = true
    leave()
  }
  const may = (role: Role) => me.value !== null && LEVEL[me.value.role] >= LEVEL[role]
  return { state, me, workspace, expired, id: computed(() => me.value?.id ?? ""), restore, signIn, signOut, expire, may }
})
