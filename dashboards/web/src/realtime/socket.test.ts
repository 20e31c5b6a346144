import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { ServerFrame } from "@/realtime/frames"
import { RealtimeSocket, pause, type SocketLike, type SocketState } from "./socket"

class FakeSocket implements SocketLike {
  sent: Record<string, unknown>[] = []
  closed = false
  onopen: (() => void) | null = null
  onclose: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  send(data: string): void {
    this.sent.push(JSON.parse(data))
  }
  close(): void {
    this.closed = true
  }
  says(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  hello(): void {
    this.says({ type: "hello", agent_id: "a", server_time: "" })
  }
}

function setUp() {
  const sockets: FakeSocket[] = []
  const states: SocketState[] = []
  const frames: ServerFrame[] = []
  const ready: boolean[] = []
  const realtime = new RealtimeSocket({
    open: () => {
      const socket = new FakeSocket()
      sockets.push(socket)
      return socket
    },
    onFrame: (frame) => frames.push(frame),
    onState: (state) => states.push(state),
    onReady: (again) => ready.push(again),
    random: () => 1,
    patience: 1000,
  })
  return { realtime, sockets, states, frames, ready }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe("the socket", () => {
  it("asks again from the position the thread holds now", () => {
    const { realtime, sockets, ready } = setUp()
    let held = 10
    realtime.start()
    realtime.watch("c1", () => held)
    expect(sockets[0]!.sent).toEqual([])
    sockets[0]!.hello()
    expect(sockets[0]!.sent).toEqual([{ type: "watch", conversation_id: "c1", after_position: 10 }])
    held = 57
    sockets[0]!.onclose?.()
    vi.advanceTimersByTime(500)
    sockets[1]!.hello()
    expect(sockets[1]!.sent).toEqual([{ type: "watch", conversation_id: "c1", after_position: 57 }])
    expect(ready).toEqual([false, true])
  })
  it("waits longer each time, and from the start again after success", () => {
    const { realtime, sockets } = setUp()
    realtime.start()
    for (const wait of [500, 1000, 2000]) {
      sockets.at(-1)!.onclose?.()
      vi.advanceTimersByTime(wait - 1)
      const before = sockets.length
      vi.advanceTimersByTime(1)
      expect(sockets.length).toBe(before + 1)
    }
    sockets.at(-1)!.hello()
    sockets.at(-1)!.onclose?.()
    vi.advanceTimersByTime(500)
    expect(sockets).toHaveLength(5)
  })
  it("takes silence for a dead line", () => {
    const { realtime, sockets, states } = setUp()
    realtime.start()
    sockets[0]!.hello()
    vi.advanceTimersByTime(900)
    sockets[0]!.says({ type: "ping" })
    expect(sockets[0]!.sent).toEqual([{ type: "pong" }])
    vi.advanceTimersByTime(900)
    expect(states.at(-1)).toBe("open")
    vi.advanceTimersByTime(101)
    expect(states.at(-1)).toBe("waiting")
    expect(sockets[0]!.closed).toBe(true)
  })
  it("hears nothing more from a socket it has given up", () => {
    const { realtime, sockets, frames } = setUp()
    realtime.start()
    const old = sockets[0]!
    const late = old.onmessage
    vi.advanceTimersByTime(1000)
    expect(old.onmessage).toBeNull()
    expect(late).not.toBeNull()
    expect(frames).toEqual([])
  })
  it("stays away once stopped", () => {
    const { realtime, sockets } = setUp()
    realtime.start()
    sockets[0]!.hello()
    realtime.stop()
    vi.advanceTimersByTime(60_000)
    expect(sockets).toHaveLength(1)
  })
  it("survives rubbish", () => {
    const { realtime, sockets, frames } = setUp()
    realtime.start()
    sockets[0]!.onmessage?.({ data: "{" })
    sockets[0]!.hello()
    expect(frames).toHaveLength(1)
  })
})

describe("pause", () => {
  it("stays between a quarter of the ceiling and fifteen seconds", () => {
    expect(pause(0, 0)).toBe(125)
    expect(pause(3, 1)).toBe(4000)
    expect(pause(50, 1)).toBe(15_000)
  })
})
