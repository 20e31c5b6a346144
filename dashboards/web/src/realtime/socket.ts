/**
 * The one WebSocket. Promise: while it is wanted it comes back by itself, with growing, jittered pauses; after every
 * (re)connection the watched conversation is asked for again from the position the thread really holds, so nothing is
 * missed however often the line breaks.
 */
import type { ClientFrame, ServerFrame } from "@/realtime/frames"

export type SocketState = "idle" | "connecting" | "open" | "waiting"

/** What this needs of a WebSocket; tests bring their own. */
export interface SocketLike {
  send(data: string): void
  close(): void
  onopen: (() => void) | null
  onclose: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
}

export interface SocketOptions {
  open: () => SocketLike
  onFrame: (frame: ServerFrame) => void
  onState: (state: SocketState) => void
  /** A connection stands; `again` tells that there was one before, so the screen must catch up. */
  onReady: (again: boolean) => void
  /** An attempt failed: the place to find out whether the session is over. */
  onFailure?: () => void
  random?: () => number
  /** Silence after which the line counts as dead, ms. The server pings well within it. */
  patience?: number
}

const FIRST_PAUSE = 500
const LONGEST_PAUSE = 15_000

/** Pause before attempt `attempt` (0, 1, …): full jitter over a doubling ceiling, never under a quarter of it. */
export function pause(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(attempt, 10))
  return Math.round(ceiling * (0.25 + 0.75 * random))
}

export class RealtimeSocket {
  private socket: SocketLike | null = null
  private attempt = 0
  private wanted = false
  private connectedBefore = false
  private timer: ReturnType<typeof setTimeout> | undefined
  private silence: ReturnType<typeof setTimeout> | undefined
  private watched: { id: string; position: () => number } | null = null

  constructor(private readonly options: SocketOptions) {}

  start(): void {
    if (this.wanted) return
    this.wanted = true
    this.connect()
  }

  stop(): void {
    this.wanted = false
    this.connectedBefore = false
    this.attempt = 0
    this.watched = null
    clearTimeout(this.timer)
    this.drop()
    this.options.onState("idle")
  }

  /** Tries at once instead of waiting (the network came back, the agent asked). */
  nudge(): void {
    if (!this.wanted || this.socket) return
    clearTimeout(this.timer)
    this.attempt = 0
    this.connect()
  }

  /** Follows one conversation; `position` is read anew at every (re)connection. */
  watch(id: string, position: () => number): void {
    this.watched = { id, position }
    this.sendWatch()
  }

  /** Frames were dropped: asks anew for everything after the position the thread holds. */
  watchAgain(): void {
    this.sendWatch()
  }

  unwatch(): void {
    this.watched = null
    this.send({ type: "unwatch" })
  }

  /** Sends when the line stands; otherwise the frame is dropped: only `watch` matters, and that is repeated. */
  send(frame: ClientFrame): void {
    if (this.ready) this.socket?.send(JSON.stringify(frame))
  }

  private ready = false

  private sendWatch(): void {
    const w = this.watched
    if (w) this.send({ type: "watch", conversation_id: w.id, after_position: w.position() })
  }

  private connect(): void {
    this.options.onState("connecting")
    const socket = this.options.open()
    this.socket = socket
    socket.onmessage = (event) => this.receive(event.data)
    socket.onclose = () => this.closed(socket)
    socket.onopen = () => this.listen()
    this.listen()
  }

  private receive(data: unknown): void {
    this.listen()
    let frame: ServerFrame
    try {
      frame = JSON.parse(String(data)) as ServerFrame
    } catch {
      return
    }
    if (frame.type === "ping") return this.send({ type: "pong" })
    if (frame.type === "hello") this.greeted()
    this.options.onFrame(frame)
  }

  private greeted(): void {
    this.ready = true
    this.attempt = 0
    this.options.onState("open")
    this.sendWatch()
    this.options.onReady(this.connectedBefore)
    this.connectedBefore = true
  }

  private listen(): void {
    clearTimeout(this.silence)
    this.silence = setTimeout(() => this.closed(this.socket), this.options.patience ?? 75_000)
  }

  private drop(): void {
    clearTimeout(this.silence)
    this.ready = false
    const socket = this.socket
    this.socket = null
    if (!socket) return
    socket.onclose = socket.onmessage = socket.onopen = null
    socket.close()
  }

  private closed(socket: SocketLike | null): void {
    if (socket === null || socket !== this.socket) return
    this.drop()
    if (!this.wanted) return
    this.options.onState("waiting")
    this.options.onFailure?.()
    this.timer = setTimeout(() => this.connect(), pause(this.attempt++, (this.options.random ?? Math.random)()))
  }
}
