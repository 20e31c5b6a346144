/**
 * The open conversation. Promise: entries by rank without holes; what is being sent is shown at once and matched by
 * client id; a failed request may be repeated safely, for the server keeps the first of a client id.
 */
import { defineStore } from "pinia"
import { computed, ref, shallowRef } from "vue"
import { api } from "@/api"
import { ApiError } from "@/api/http"
import { readJson, write } from "@/lib/storage"
import { merge, unmatched, type Pending } from "@/lib/thread"
import { realtime } from "@/realtime/line"
import { useConnection } from "./connection"
import { useConversations } from "./conversations"
import { useSession } from "./session"
import type { Attachment, Message } from "@/api/types"

const PAGE = 50
const TYPING_SHOWN = 4000
const AGAIN = 5000
/** Who types when it is the customer: no agent has this id. */
export const CUSTOMER = ""

export interface Draft {
  kind: "outgoing" | "note"
  content: string
  attachments: Attachment[]
  mentions: string[]
  /** The message that the answer was written to, where it decides who can read it. */
  reply_to?: string
}

export const useThread = defineStore("thread", () => {
  const connection = useConnection()
  const conversations = useConversations()
  const session = useSession()
  const id = ref<string | null>(null)
  const messages = shallowRef<readonly Message[]>([])
  const waiting = shallowRef<readonly Pending[]>([])
  const hasOlder = ref(false)
  const loading = ref(false)
  const loadingOlder = ref(false)
  const error = ref<ApiError | null>(null)
  const lastPosition = ref(0)
  /** An agent's id, or CUSTOMER. */
  const typist = ref<string | null>(null)
  let typistTimer: ReturnType<typeof setTimeout> | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  /** By conversation: ends when the last of its sends has been answered. */
  const turns = new Map<string, Promise<void>>()

  const conversation = computed(() => (id.value ? (conversations.byId.get(id.value) ?? null) : null))
  const pending = computed(() => waiting.value.filter((p) => p.conversation_id === id.value))
  const firstPosition = computed(() => messages.value.reduce((least, m) => Math.min(least, m.position), Infinity))
  const storageKey = () => `scrm.outbox.${session.id}`

  function keepWaiting(list: readonly Pending[]): void {
    if (list === waiting.value) return
    waiting.value = list
    write(storageKey(), list.length ? JSON.stringify(list) : null)
  }
  function update(clientId: string, change: Partial<Pending>): void {
    keepWaiting(waiting.value.map((p) => (p.client_id === clientId ? { ...p, ...change } : p)))
  }
  /** Sends of an earlier page of this browser: nobody knows whether they arrived, repeating them is safe. */
  function restore(): void {
    const kept = readJson<Pending[]>(storageKey(), [])
    waiting.value = kept.map((p) => (p.state === "posting" ? { ...p, state: "unsent", code: "offline" } : p))
  }
  function absorb(list: readonly Message[]): void {
    messages.value = merge(messages.value, list)
    for (const m of list) lastPosition.value = Math.max(lastPosition.value, m.position)
    keepWaiting(unmatched(waiting.value, list))
  }
  async function open(next: string): Promise<void> {
    if (id.value === next && !error.value) return
    id.value = conversations.pinned = next
    messages.value = []
    lastPosition.value = 0
    hasOlder.value = false
    error.value = null
    typist.value = null
    loading.value = true
    try {
      const [page] = await Promise.all([
        api.messages(next, { limit: PAGE }),
        conversations.byId.has(next) ? null : conversations.fetchOne(next),
      ])
      if (id.value !== next) return
      absorb(page.items)
      lastPosition.value = Math.max(lastPosition.value, page.last_position)
      hasOlder.value = page.next !== null
      realtime()?.watch(next, () => lastPosition.value)
    } catch (e) {
      if (id.value === next) error.value = e instanceof ApiError ? e : new ApiError(0, "generic", "")
    } finally {
      if (id.value === next) loading.value = false
    }
  }
  function close(): void {
    id.value = conversations.pinned = null
    messages.value = []
    error.value = null
    realtime()?.unwatch()
  }
  async function older(): Promise<void> {
    const current = id.value
    if (!current || !hasOlder.value || loadingOlder.value) return
    loadingOlder.value = true
    try {
      const page = await api.messages(current, { before_position: firstPosition.value, limit: PAGE })
      if (id.value !== current) return
      absorb(page.items)
      hasOlder.value = page.next !== null
    } catch {
      /* the agent scrolls again */
    } finally {
      loadingOlder.value = false
    }
  }
  /** Loads upward until `position` is there (evidence and search open a message by its position). */
  async function reachPosition(position: number): Promise<void> {
    for (let page = 0; page < 20 && hasOlder.value && firstPosition.value > position; page++) await older()
  }
  /** After a lost connection: statuses of what is on screen may have moved on. New entries come by `watch`. */
  async function resync(): Promise<void> {
    const current = id.value
    if (!current || messages.value.length === 0) return
    const end = lastPosition.value
    let after = firstPosition.value - 1
    try {
      while (after < end && id.value === current) {
        const page = await api.messages(current, { after_position: after, limit: 100 })
        if (page.items.length === 0 || id.value !== current) break
        absorb(page.items)
        after = Math.max(...page.items.map((m) => m.position))
      }
      void conversations.fetchOne(current)
    } catch {
      /* the next reconnection tries again */
    }
  }
  function receive(message: Message): void {
    if (message.conversation_id === id.value) absorb([message])
    else keepWaiting(unmatched(waiting.value, [message]))
  }
  /** agentId null: the customer. */
  function typingBy(conversationId: string, agentId: string | null): void {
    if (conversationId !== id.value || agentId === session.id) return
    typist.value = agentId ?? CUSTOMER
    clearTimeout(typistTimer)
    typistTimer = setTimeout(() => (typist.value = null), TYPING_SHOWN)
  }
  /** What is written first is sent first: the next one of a conversation waits for the answer to the one before it. */
  function post(entry: Pending): Promise<void> {
    update(entry.client_id, { state: "posting", code: null, detail: "" })
    const turn = (turns.get(entry.conversation_id) ?? Promise.resolve()).then(() => deliver(entry))
    turns.set(entry.conversation_id, turn)
    return turn
  }
  /** Never fails: what became of it stands on the entry. */
  async function deliver(entry: Pending): Promise<void> {
    try {
      const stored = await api.sendMessage(entry.conversation_id, {
        content: entry.content,
        client_id: entry.client_id,
        kind: entry.kind,
        attachments: entry.attachments.map((a) => a.id),
        mentions: entry.mentions,
        ...(entry.reply_to ? { reply_to: entry.reply_to } : {}),
      })
      receive(stored)
    } catch (e) {
      const { status, code, errors, ...rest } = e instanceof ApiError ? e : new ApiError(0, "other", "")
      const detail = errors.word ?? rest.detail
      const refused = status >= 400 && status < 500 && status !== 401 && status !== 429
      update(entry.client_id, { state: refused ? "refused" : "unsent", code, detail })
      if (code === "offline") flushSoon()
    }
  }
  /** A request may fail while the line stands; then nothing comes back that would send again. */
  function flushSoon(): void {
    again ??= setTimeout(() => {
      again = undefined
      if (connection.state === "open") void flush()
    }, AGAIN)
  }
  function send(conversationId: string, draft: Draft): void {
    const entry: Pending = {
      ...draft,
      client_id: crypto.randomUUID?.() ?? `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`,
      conversation_id: conversationId,
      created_at: new Date().toISOString(),
      state: "posting",
      code: null,
      detail: "",
    }
    keepWaiting([...waiting.value, entry])
    void post(entry)
  }
  function resend(clientId: string): void {
    const entry = waiting.value.find((p) => p.client_id === clientId)
    if (entry && entry.state !== "posting") void post(entry)
  }
  function discard(clientId: string): void {
    keepWaiting(waiting.value.filter((p) => p.client_id !== clientId))
  }
  /** The line is back: what only the network stopped goes out again, in the order it was written. */
  async function flush(): Promise<void> {
    for (const entry of waiting.value) if (entry.state === "unsent" && entry.code === "offline") await post(entry)
  }
  async function act(message: Message, what: "retry" | "give-up"): Promise<void> {
    absorb([await (what === "retry" ? api.retryMessage(message.id) : api.giveUpMessage(message.id))])
  }
  return {
    id, conversation, messages, pending, hasOlder, loading, loadingOlder, error, lastPosition, typist,
    open, close, older, reachPosition, resync, receive, typingBy, send, resend, discard, flush, act, restore,
  }
})
