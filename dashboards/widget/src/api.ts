/** The hub's door, one request each. A session that has ended is begun again once, by itself. */
import type { Entry, Frame, Identity, Place, Session, Upload } from "./types"
import type { Shelf } from "./storage"

/** status 0: no answer, the line is down. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    /** Seconds the hub asked to wait. */
    readonly after = 0,
  ) {
    super(`${status} ${code}`)
  }
}

const PATIENCE = 20_000
const UPLOAD_PATIENCE = 120_000

export class Api {
  session: Session | null = null
  /** When the session was last begun. */
  enteredAt = 0
  private entering: Promise<Session> | null = null

  constructor(
    readonly base: string,
    private readonly shelf: Shelf,
    public identity: Identity | null,
  ) {}

  get token(): string {
    return this.session?.token ?? ""
  }

  /** Begins, or begins again, as whoever the page says is there. However many ask at once, one request is made. */
  enter(): Promise<Session> {
    this.entering ??= this.begin().finally(() => (this.entering = null))
    return this.entering
  }

  private async begin(): Promise<Session> {
    const body = { token: this.shelf.get<string>("token"), identity: this.identity }
    this.session = (await this.fetch("POST", "/session", { json: body })) as Session
    this.enteredAt = Date.now()
    this.shelf.set("token", this.session.token)
    return this.session
  }

  async say(body: object): Promise<void> {
    await this.call("POST", "/say", { json: body })
  }

  async poll(place: Place | null, wait: number, signal: AbortSignal): Promise<Frame[]> {
    return (await this.call("GET", `/events?wait=${wait}${query(place)}`, { signal })) as Frame[]
  }

  async past(place: Place): Promise<{ entries: Entry[]; before: Place | null }> {
    return (await this.call("GET", `/past?${query(place).slice(1)}`, {})) as { entries: Entry[]; before: Place | null }
  }

  async upload(file: File): Promise<Upload> {
    const headers = { "Content-Type": file.type || "application/octet-stream", "X-File-Name": encodeURIComponent(file.name) }
    return (await this.call("POST", "/files", { body: file, headers, patience: UPLOAD_PATIENCE })) as Upload
  }

  async file(id: string): Promise<Blob> {
    return (await this.call("GET", `/files/${id}`, { blob: true, patience: UPLOAD_PATIENCE })) as Blob
  }

  /** An agent's picture, which never changes: the browser may keep it. */
  async face(id: string): Promise<Blob> {
    return (await this.call("GET", `/faces/${id}`, { blob: true, cache: "default" })) as Blob
  }

  private async call(method: string, path: string, options: Options): Promise<unknown> {
    if (!this.session) await this.enter()
    try {
      return await this.fetch(method, path, options)
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 401) throw error
      await this.enter()
      return await this.fetch(method, path, options)
    }
  }

  private async fetch(method: string, path: string, options: Options): Promise<unknown> {
    const headers: Record<string, string> = { ...options.headers }
    if (options.json) headers["Content-Type"] = "application/json"
    if (path !== "/session") headers.Authorization = `Visitor ${this.token}`
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort(), options.patience ?? PATIENCE)
    options.signal?.addEventListener("abort", () => stop.abort())
    let answer: Response
    try {
      const body = options.json ? JSON.stringify(options.json) : options.body
      answer = await fetch(this.base + path, { method, headers, body, signal: stop.signal, credentials: "omit", cache: options.cache ?? "no-store" })
      if (answer.ok) {
        if (options.blob) return await answer.blob()
        return answer.status === 204 ? null : await answer.json()
      }
    } catch {
      throw new Refused(0, "offline")
    } finally {
      clearTimeout(timer)
    }
    const problem = (await answer.json().catch(() => ({}))) as { code?: string }
    throw new Refused(answer.status, problem.code ?? "", Number(answer.headers.get("Retry-After")) || 0)
  }
}

interface Options {
  json?: object
  body?: BodyInit
  headers?: Record<string, string>
  signal?: AbortSignal
  patience?: number
  blob?: boolean
  cache?: RequestCache
}

const query = (place: Place | null): string =>
  place ? `&conversation_id=${encodeURIComponent(place.conversation_id)}&position=${place.position}` : ""
