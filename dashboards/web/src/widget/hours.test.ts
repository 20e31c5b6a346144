/** The customers' widget outside business hours: what was left is confirmed, and a page that stands open knows the hour. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { Api } from "../../../widget/src/api"
import { Chat } from "../../../widget/src/chat"
import { Shelf } from "../../../widget/src/storage"

const site = { title: {}, welcome: {}, away: {}, agent_title: {}, color: "#000000", theme: "auto", side: "right", form: [], rating: true, privacy_url: "", max_file: 1 }

describe("business hours", () => {
  /** What the hub would say now, and how often it was asked. */
  let open = false
  let begun = 0
  let reachable = true
  let chat: Chat

  beforeEach(async () => {
    vi.useFakeTimers()
    vi.stubGlobal("location", { origin: "https://shop.example.com", pathname: "/" })
    vi.stubGlobal("fetch", async (url: string) => {
      if (!reachable) throw new TypeError("offline")
      if (!url.endsWith("/session")) return new Response(null, { status: 204 })
      begun++
      return Response.json({ token: "t", known: false, signed_in: false, open, opens_at: null, site })
    })
    // A line that never opens: only what is asked over HTTP counts here.
    vi.stubGlobal("WebSocket", class { send(): void {} close(): void {} })
    ;[open, begun, reachable] = [false, 0, true]
    const shelf = new Shelf(`hours.${Math.random()}.`)
    chat = new Chat(new Api("https://hub.example.com/visitor/c", shelf, null), shelf, () => null)
    await chat.begin()
  })
  afterEach(() => {
    chat.line.end()
    chat.watch(false)
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  it("says that a message was left once the hub has it, and until somebody answers", async () => {
    expect(chat.left).toBe(false)
    reachable = false
    chat.say("请回电", { away: true })
    await vi.advanceTimersByTimeAsync(10)
    expect(chat.left).toBe(false)
    reachable = true
    await vi.advanceTimersByTimeAsync(30_000)
    expect(chat.left).toBe(true)
    const entry = { id: "1", conversation_id: "c", position: 1, rank: 1, mine: false, client_id: null, agent: null, text: "好的", files: [], at: "2026-11-20T00:00:00Z", seen: true, revision: 0 }
    ;(chat as unknown as { hear: (frame: object) => void }).hear({ type: "entry", entry: { ...entry, mine: true, client_id: chat.pending[0]?.id ?? "" } })
    expect(chat.left).toBe(true)
    ;(chat as unknown as { hear: (frame: object) => void }).hear({ type: "entry", entry: { ...entry, id: "2", position: 2, rank: 2 } })
    expect(chat.left).toBe(false)
  })

  it("says nothing of the kind while somebody is there", async () => {
    open = true
    await chat.api.enter()
    chat.say("在吗")
    await vi.advanceTimersByTimeAsync(1_000)
    expect(chat.left).toBe(false)
  })

  it("asks again while somebody looks, and not otherwise", async () => {
    chat.watch(true)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(begun).toBe(1)
    open = true
    await vi.advanceTimersByTimeAsync(6 * 60_000)
    expect(chat.session?.open).toBe(true)
    chat.watch(false)
    const asked = begun
    await vi.advanceTimersByTimeAsync(60 * 60_000)
    expect(begun).toBe(asked)
    chat.watch(true)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(begun).toBe(asked + 1)
  })
})
