/**
 * The list. Promise: it shows exactly the conversations the filter asks for, newest activity first, without holes:
 * what came over the socket joins only where the loaded pages reach.
 */
import { defineStore } from "pinia"
import { computed, reactive, ref, shallowReactive, shallowRef } from "vue"
import { api } from "@/api"
import { byActivity, defaultFilter, matches, type ListFilter } from "@/lib/filter"
import { useSession } from "./session"
import type { ContactBrief, Conversation, Counts } from "@/api/types"

const PAGE = 50

export const useConversations = defineStore("conversations", () => {
  const session = useSession()
  const byId = shallowReactive(new Map<string, Conversation>())
  const filter = reactive<ListFilter>({ ...defaultFilter })
  const counts = ref<Counts | null>(null)
  const next = ref<string | null>(null)
  /** Activity time of the oldest loaded row while there are more; rows below it are not known yet. */
  const reach = ref<string | null>(null)
  const loading = ref(false)
  const loadingMore = ref(false)
  const failed = ref(false)
  /** The conversation on screen: never forgotten, whatever the list shows. */
  const pinned = ref<string | null>(null)
  /** The contact that changed last: who shows more of it than a row reads it again. */
  const changedContact = shallowRef<{ id: string } | null>(null)
  let asked = 0

  const items = computed(() => {
    const edge = reach.value === null ? -Infinity : Date.parse(reach.value)
    const rows: Conversation[] = []
    for (const conversation of byId.values()) {
      if (matches(filter, conversation, session.id) && Date.parse(conversation.last_activity_at) >= edge) rows.push(conversation)
    }
    return rows.sort(byActivity)
  })
  const unreadMine = computed(() => {
    let sum = 0
    for (const c of byId.values()) if (c.assignee_id === session.id && c.status !== "resolved") sum += c.unread
    return sum
  })

  const query = () => ({ ...filter, limit: PAGE })

  function take(page: { items: Conversation[]; next: string | null }): void {
    for (const conversation of page.items) upsert(conversation)
    next.value = page.next
    reach.value = page.next === null ? null : (page.items.at(-1)?.last_activity_at ?? null)
  }
  async function load(): Promise<void> {
    const mine = ++asked
    loading.value = true
    failed.value = false
    reach.value = null
    next.value = null
    const before = new Map(byId)
    try {
      const [page, numbers] = await Promise.all([api.conversations(query()), api.counts()])
      if (mine !== asked) return
      counts.value = numbers
      forgetMissing(page, before)
      take(page)
    } catch {
      if (mine === asked) failed.value = true
    } finally {
      if (mine === asked) loading.value = false
    }
  }
  /** Rows that the server's first page no longer has must not linger; what came while it was asked stays. */
  function forgetMissing(page: { items: Conversation[] }, before: ReadonlyMap<string, Conversation>): void {
    const known = new Set(page.items.map((c) => c.id))
    for (const [id, c] of byId) {
      if (known.has(id) || before.get(id) !== c || !matches(filter, c, session.id)) continue
      if (id === pinned.value) void fetchOne(id).catch(() => undefined)
      else byId.delete(id)
    }
  }
  async function refresh(): Promise<void> {
    await load()
  }
  async function more(): Promise<void> {
    if (!next.value || loadingMore.value || loading.value) return
    const mine = asked
    loadingMore.value = true
    try {
      const page = await api.conversations({ ...query(), after: next.value })
      if (mine === asked) take(page)
    } catch {
      /* the sentinel asks again when it is seen again */
    } finally {
      loadingMore.value = false
    }
  }
  function upsert(conversation: Conversation): void {
    const old = byId.get(conversation.id)
    if (!old || conversation.version >= old.version) byId.set(conversation.id, conversation)
  }
  /** Every row of the contact shows it as it is now. */
  function putContact(contact: ContactBrief): void {
    for (const [id, c] of byId) if (c.contact_id === contact.id) byId.set(id, { ...c, contact })
    changedContact.value = { id: contact.id }
  }
  async function fetchOne(id: string): Promise<Conversation> {
    const conversation = await api.conversation(id)
    upsert(conversation)
    return byId.get(id) ?? conversation
  }
  async function change(id: string, patch: Parameters<typeof api.patchConversation>[1]): Promise<void> {
    upsert(await api.patchConversation(id, patch))
    counts.value = await api.counts().catch(() => counts.value)
  }
  function seen(id: string): void {
    const conversation = byId.get(id)
    if (conversation && conversation.unread > 0) byId.set(id, { ...conversation, unread: 0 })
  }
  function setFilter(change: Partial<ListFilter>): void {
    Object.assign(filter, change)
    void load()
  }
  function clear(): void {
    asked++
    byId.clear()
    counts.value = next.value = reach.value = null
    Object.assign(filter, defaultFilter)
  }
  return {
    byId, filter, pinned, counts, next, loading, loadingMore, failed, items, unreadMine,
    changedContact, load, refresh, more, upsert, putContact, fetchOne, change, seen, setFilter, clear,
  }
})
