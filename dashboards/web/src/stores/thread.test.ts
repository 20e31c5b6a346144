import { createPinia, setActivePinia } from "pinia"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { api } from "@/api"
import { ApiError } from "@/api/http"
import type { Conversation, Message } from "@/api/types"
import { useConnection } from "./connection"
import { useConversations } from "./conversations"
import { useThread } from "./thread"

const watch = vi.fn()
vi.mock("@/realtime/line", () => ({ realtime: () => ({ watch, unwatch: vi.fn() }) }))

function message(position: number, change: Partial<Message> = {}): Message {
  return { id: `m${position}`, conversation_id: "c1", position, rank: position, revision: 0, client_id: null, content: "", kind: "incoming", ...change } as Message
}
const page = (from: number, to: number, next: string | null = null) => ({ items: Array.from({ length: to - from + 1 }, (_, i) => message(from + i)), next, last_position: to })
const draft = { kind: "outgoing" as const, content: "好的", attachments: [], mentions: [] }
const settle = () => vi.waitFor(() => expect(useThread().pending.every((p) => p.state !== "posting")).toBe(true))

beforeEach(() => {
  vi.restoreAllMocks()
  watch.mockReset()
  setActivePinia(createPinia())
  useConversations().byId.set("c1", { id: "c1", version: 1 } as Conversation)
  vi.spyOn(api, "conversation").mockResolvedValue({ id: "c1", version: 2 } as Conversation)
})

describe("the open conversation", () => {
  it("is watched from the position it holds, which grows with what arrives", async () => {
    vi.spyOn(api, "messages").mockResolvedValue(page(1, 3))
    const thread = useThread()
    await thread.open("c1")
    const position = watch.mock.calls[0]![1] as () => number
    expect(position()).toBe(3)
    thread.receive(message(4))
    thread.receive(message(9, { conversation_id: "other" }))
    expect(position()).toBe(4)
    expect(thread.messages.map((m) => m.position)).toEqual([1, 2, 3, 4])
  })
  it("drops the answer for a conversation that was left meanwhile", async () => {
    let answer: (value: ReturnType<typeof page>) => void = () => undefined
    vi.spyOn(api, "messages").mockImplementationOnce(() => new Promise((resolve) => (answer = resolve))).mockResolvedValue({ items: [], next: null, last_position: 0 })
    useConversations().byId.set("c2", { id: "c2", version: 1 } as Conversation)
    const thread = useThread()
    const first = thread.open("c1")
    await thread.open("c2")
    answer(page(1, 3))
    await first
    expect(thread.messages).toEqual([])
  })
  it("re-reads what it shows after a lost connection, in pages", async () => {
    const messages = vi.spyOn(api, "messages").mockResolvedValueOnce(page(1, 150))
    const thread = useThread()
    await thread.open("c1")
    messages.mockImplementation(async (_, query) => {
      const from = query.after_position! + 1
      return { items: [message(from, { revision: 1, status: "read" }), message(Math.min(150, from + 99), { revision: 1, status: "read" })], next: null, last_position: 150 }
    })
    await thread.resync()
    expect(messages.mock.calls.slice(1).map((call) => call[1].after_position)).toEqual([0, 100])
    expect(thread.messages.filter((m) => m.status === "read").map((m) => m.position)).toEqual([1, 100, 101, 150])
  })
})

describe("sending", () => {
  it("shows at once and is replaced by the stored message, whichever way it comes first", async () => {
    const thread = useThread()
    vi.spyOn(api, "messages").mockResolvedValue(page(1, 1))
    await thread.open("c1")
    const send = vi.spyOn(api, "sendMessage").mockImplementation(async (_, body) => {
      thread.receive(message(2, { client_id: body.client_id, content: body.content, kind: "outgoing" }))
      expect(thread.pending).toHaveLength(0)
      return message(2, { client_id: body.client_id, content: body.content, kind: "outgoing" })
    })
    thread.send("c1", draft)
    await settle()
    expect(send).toHaveBeenCalledOnce()
    expect(thread.pending).toEqual([])
    expect(thread.messages.filter((m) => m.content === "好的")).toHaveLength(1)
  })
  it("keeps what the network stopped and repeats it with the same client id", async () => {
    const thread = useThread()
    vi.spyOn(api, "messages").mockResolvedValue(page(1, 1))
    await thread.open("c1")
    const send = vi.spyOn(api, "sendMessage").mockRejectedValueOnce(new ApiError(0, "offline", ""))
    thread.send("c1", draft)
    await settle()
    expect(thread.pending[0]).toMatchObject({ state: "unsent", code: "offline", content: "好的" })
    send.mockImplementation(async (_, body) => message(2, { client_id: body.client_id, kind: "outgoing" }))
    await thread.flush()
    expect(send.mock.calls[0]![1].client_id).toBe(send.mock.calls[1]![1].client_id)
    expect(thread.pending).toEqual([])
  })
  it("keeps two quick ones in the order they were written, whatever their requests take", async () => {
    const thread = useThread()
    const arrived: string[] = []
    let answer: () => void = () => undefined
    vi.spyOn(api, "sendMessage").mockImplementation(async (_, body) => {
      if (body.content === "一") await new Promise<void>((resolve) => (answer = resolve))
      arrived.push(body.content)
      return message(arrived.length, { client_id: body.client_id, content: body.content, kind: "outgoing" })
    })
    for (const content of ["一", "二"]) thread.send("c1", { ...draft, content })
    thread.send("c2", { ...draft, content: "别处" })
    await vi.waitFor(() => expect(arrived).toEqual(["别处"]))
    answer()
    await settle()
    await vi.waitFor(() => expect(arrived).toEqual(["别处", "一", "二"]))
  })
  it("says what was answered, also when it goes out later", async () => {
    const thread = useThread()
    vi.spyOn(api, "messages").mockResolvedValue(page(1, 1))
    await thread.open("c1")
    const send = vi.spyOn(api, "sendMessage").mockRejectedValueOnce(new ApiError(0, "offline", ""))
    thread.send("c1", { ...draft, reply_to: "m1" })
    await settle()
    thread.receive(message(2))
    send.mockImplementation(async (_, body) => message(3, { client_id: body.client_id, kind: "outgoing" }))
    await thread.flush()
    expect(send.mock.calls.map(([, body]) => body.reply_to)).toEqual(["m1", "m1"])
  })
  it("repeats what the network stopped although the line never broke", async () => {
    vi.useFakeTimers()
    try {
      const thread = useThread()
      useConnection().set("open")
      const send = vi.spyOn(api, "sendMessage").mockRejectedValueOnce(new ApiError(0, "offline", "")).mockRejectedValueOnce(new ApiError(0, "offline", ""))
      send.mockImplementation(async (_, body) => message(2, { client_id: body.client_id, kind: "outgoing" }))
      thread.send("c1", draft)
      await vi.advanceTimersByTimeAsync(4_000)
      expect(send).toHaveBeenCalledTimes(1)
      await vi.advanceTimersByTimeAsync(7_000)
      expect(send).toHaveBeenCalledTimes(3)
      expect(new Set(send.mock.calls.map(([, body]) => body.client_id)).size).toBe(1)
    } finally {
      vi.useRealTimers()
    }
  })
  it("does not repeat by itself what the server refused", async () => {
    const thread = useThread()
    vi.spyOn(api, "messages").mockResolvedValue(page(1, 1))
    await thread.open("c1")
    const send = vi.spyOn(api, "sendMessage").mockRejectedValue(new ApiError(409, "window_closed", ""))
    thread.send("c1", draft)
    await settle()
    expect(thread.pending[0]).toMatchObject({ state: "refused", code: "window_closed" })
    await thread.flush()
    expect(send).toHaveBeenCalledOnce()
  })
})
