/**
 * What the hub tells, whatever the network is like. Promise: while it is wanted the line comes back by itself and asks
 * for everything after the place that was reached; where WebSockets do not get through, a long poll brings the same.
 */
import { Refused, type Api } from "./api"
import { pause } from "./outbox"
import type { Frame, Place } from "./types"

export type LineState = "off" | "connecting" | "on"

const OPENING = 8_000
/** Silence after which the line counts as dead; the hub pings every 25 s. */
const SILENCE = 60_000
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 20_000
/** How long the poll is used before a socket is tried again. */
const POLLING = 5 * 60_000
/** Sockets that never opened before the poll is tried. */
const BLOCKED = 2
const PASS_ENDED = 4401

export interface LineOptions {
  api: Api
  place: () => Place | null
  onFrame: (frame: Frame) => void
  onState: (state: LineState) => void
  openSocket?: (url: string) => WebSocket
  random?: () => number
}

export class Line {
  private wanted = false
  private round = 0
  private attempt = 0
  private failures = 0
  private socket: WebSocket | null = null
  private stop = new AbortController()
  private wake: (() => void) | null = null
  polling = false

  constructor(private readonly options: LineOptions) {}

  start(): void {
    if (this.wanted) return
    this.wanted = true
    this.attempt = this.failures = 0
    void this.run(++this.round)
  }

  end(): void {
    this.wanted = false
    this.round++
    this.socket?.close()
    this.stop.abort()
    this.wake?.()
    this.options.onState("off")
  }

  /** The network came back, or somebody looks: tries at once. */
  nudge(): void {
    this.attempt = 0
    this.wake?.()
  }

  /** Whether it left; what does not may be said over HTTP. */
  send(frame: object): boolean {
    if (this.socket?.readyState !== 1 || !this.greeted) return false
    this.socket.send(JSON.stringify(frame))
    return true
  }

  private greeted = false

  private async run(round: number): Promise<void> {
    while (this.wanted && this.round === round) {
      this.options.onState("connecting")
      if (this.failures < BLOCKED) this.failures = (await this.viaSocket()) ? 0 : this.failures + 1
      else this.failures = (await this.viaPoll(round)) ? BLOCKED - 1 : 0
      if (!this.wanted || this.round !== round) return
      this.options.onState("connecting")
      await this.rest(pause(this.attempt++, FIRST_PAUSE, LONGEST_PAUSE, (this.options.random ?? Math.random)()))
    }
  }

  private rest(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, ms)
      this.wake = () => {
        clearTimeout(timer)
        done()
      }
    })
  }

  /** One socket from its opening to its end; whether the hub answered on it. */
  private async viaSocket(): Promise<boolean> {
    const { api } = this.options
    try {
      if (!api.session) await api.enter()
    } catch {
      return false
    }
    return new Promise((done) => {
      let timer: ReturnType<typeof setTimeout>
      let over = false
      let answered = false
      const url = `${api.base.replace(/^http/, "ws")}/socket`
      const socket = this.options.openSocket ? this.options.openSocket(url) : new WebSocket(url)
      const finish = (code: number): void => {
        if (over) return
        over = true
        clearTimeout(timer)
        if (this.socket === socket) {
          this.greeted = false
          this.socket = null
        }
        socket.onclose = socket.onmessage = socket.onerror = null
        socket.close()
        if (code === PASS_ENDED) api.enter().then(() => done(true), () => done(answered))
        else done(answered)
      }
      const listen = (ms: number): void => {
        clearTimeout(timer)
        timer = setTimeout(() => finish(0), ms)
      }
      this.socket = socket
      this.greeted = false
      listen(OPENING)
      socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token: api.token, after: this.options.place() }))
      socket.onclose = (event) => finish(event.code)
      socket.onerror = () => finish(0)
      socket.onmessage = (event) => {
        listen(SILENCE)
        const frame = JSON.parse(String(event.data)) as Frame
        if (frame.type === "hello") {
          answered = this.greeted = true
          this.attempt = 0
          this.options.onState("on")
        } else if (frame.type === "ping") this.send({ type: "pong" })
        else if (frame.type === "reload") this.send({ type: "resume", after: this.options.place() })
        else this.options.onFrame(frame)
      }
    })
  }

  /** Polls until it fails, or for long enough that a socket is worth another try; whether it ever worked. */
  private async viaPoll(round: number): Promise<boolean> {
    const until = Date.now() + POLLING
    let worked = false
    this.polling = true
    try {
      while (this.wanted && this.round === round && Date.now() < until) {
        this.stop = new AbortController()
        const frames = await this.options.api.poll(this.options.place(), worked ? 20 : 0, this.stop.signal)
        worked = true
        this.attempt = 0
        this.options.onState("on")
        frames.forEach((frame) => this.options.onFrame(frame))
        // A page without history has no place to wait after: it asks again a little later.
        if (!this.options.place()) await this.rest(3_000)
      }
    } catch (error) {
      if (error instanceof Refused && error.after) await this.rest(error.after * 1000)
    } finally {
      this.polling = false
    }
    return worked
  }
}
