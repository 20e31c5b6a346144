import { createPinia, setActivePinia } from "pinia"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { api } from "@/api"
import type { Conversation } from "@/api/types"
import { useConversations } from "./conversations"

function conversation(id: string, minute: number, change: Partial<Conversation> = {}): Conversation {
  return { id, version: 1, status: "open", assignee_id: null, labels: [], unread: 0, last_activity_at: new Date(Date.UTC(2026, 10, 22, 4, minute)).toISOString(), ...change } as Conversation
}
const ids = () => useConversations().items.map((c) => c.id)

beforeEach(() => {
  vi.restoreAllMocks()
  setActivePinia(createPinia())
  useConversations().filter.assignee = "any"
  vi.spyOn(api, "counts").mockResolvedValue({ mine: 0, unassigned: 2, all: 2, backlog: 2, backlog_unassigned: 2 })
})

describe("the list", () => {
  it("keeps a gap out of sight until the pages reach it", async () => {
    vi.spyOn(api, "conversations").mockResolvedValueOnce({ items: [conversation("a", 30), conversation("b", 20)], next: "x" })
    const list = useConversations()
    await list.load()
    list.upsert(conversation("old", 5))
    list.upsert(conversation("new", 40))
    expect(ids()).toEqual(["new", "a", "b"])
    vi.spyOn(api, "conversations").mockResolvedValueOnce({ items: [conversation("c", 10), conversation("old", 5)], next: null })
    await list.more()
    expect(ids()).toEqual(["new", "a", "b", "c", "old"])
  })
  it("forgets what the server no longer lists, but not what arrived while it was asked, nor what is on screen", async () => {
    const list = useConversations()
    list.upsert(conversation("gone", 50))
    list.upsert(conversation("shown", 10))
    list.pinned = "shown"
    const fetched = vi.spyOn(api, "conversation").mockResolvedValue(conversation("shown", 10, { status: "resolved", version: 2 }))
    vi.spyOn(api, "conversations").mockImplementation(async () => {
      list.upsert(conversation("fresh", 55))
      return { items: [conversation("a", 30)], next: null }
    })
    await list.load()
    await vi.waitFor(() => expect(list.byId.get("shown")?.status).toBe("resolved"))
    expect(ids()).toEqual(["fresh", "a"])
    expect(fetched).toHaveBeenCalledOnce()
  })
  it("refuses a stale version and drops what no longer matches", () => {
    const list = useConversations()
    list.upsert(conversation("a", 30, { version: 3 }))
    list.upsert(conversation("a", 31, { version: 2 }))
    expect(list.items[0]!.version).toBe(3)
    list.upsert(conversation("a", 32, { version: 4, status: "resolved" }))
    expect(ids()).toEqual([])
  })
  it("ignores the answer to a question nobody asks any more", async () => {
    const list = useConversations()
    let answer: (page: { items: Conversation[]; next: null }) => void = () => undefined
    vi.spyOn(api, "conversations").mockImplementationOnce(() => new Promise((resolve) => (answer = resolve))).mockResolvedValueOnce({ items: [conversation("b", 1)], next: null })
    const first = list.load()
    await list.load()
    answer({ items: [conversation("a", 1)], next: null })
    await first
    expect(ids()).toEqual(["b"])
  })
})
