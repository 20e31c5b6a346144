/**
 * What the visitor said and the hub has not taken yet. Promise: it outlives the page, leaves in order, and is said again
 * under the same id until the hub has it on disk, so a line that breaks loses nothing and doubles nothing.
 */
import { Refused } from "./api"
import type { Shelf } from "./storage"
import type { Pending } from "./types"

const FIRST_PAUSE = 800
const LONGEST_PAUSE = 20_000
/** What trying again does not mend. */
const FINAL = new Set([400, 403, 404, 409, 413, 415, 422])

export interface OutboxOptions {
  shelf: Shelf
  send: (pending: Pending) => Promise<void>
  /** The hub has it; it will come back as an entry. */
  onTaken: (pending: Pending) => void
  onChange: () => void
  random?: () => number
}

/** Full jitter over a doubling ceiling, never under a quarter of it. */
export function pause(attempt: number, first: number, longest: number, random: number): number {
  const ceiling = Math.min(longest, first * 2 ** Math.min(attempt, 12))
  return Math.round(ceiling * (0.25 + 0.75 * random))
}

export class Outbox {
  private busy = false
  private attempt = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly options: OutboxOptions) {}

  /** Oldest first. Read from the shelf each time: another tab of the site may have changed it. */
  get items(): Pending[] {
    return this.options.shelf.get<Pending[]>("outbox") ?? []
  }

  private keep(items: Pending[]): void {
    this.options.shelf.set("outbox", items.length ? items : null)
    this.options.onChange()
  }

  add(pending: Pending): void {
    this.keep([...this.items, pending])
    this.nudge()
  }

  retry(id: string): void {
    this.keep(this.items.map((each) => (each.id === id ? { ...each, failed: undefined } : each)))
    this.nudge()
  }

  remove(id: string): void {
    this.keep(this.items.filter((each) => each.id !== id))
  }

  clear(): void {
    this.keep([])
  }

  /** Tries now: something was said, or the line came back. */
  nudge(): void {
    clearTimeout(this.timer)
    this.attempt = 0
    void this.flush()
  }

  private async flush(): Promise<void> {
    if (this.busy) return
    this.busy = true
    try {
      await alone(() => this.sendAll())
    } finally {
      this.busy = false
    }
    if (this.items.some((each) => !each.failed)) {
      const wait = pause(this.attempt++, FIRST_PAUSE, LONGEST_PAUSE, (this.options.random ?? Math.random)())
      this.timer = setTimeout(() => void this.flush(), Math.max(wait, this.asked))
    }
  }

  private asked = 0

  private async sendAll(): Promise<void> {
    this.asked = 0
    for (;;) {
      const next = this.items.find((each) => !each.failed)
      if (!next) return
      try {
        await this.options.send(next)
      } catch (error) {
        const status = error instanceof Refused ? error.status : 0
        if (!FINAL.has(status)) {
          this.asked = error instanceof Refused ? error.after * 1000 : 0
          return
        }
        this.keep(this.items.map((each) => (each.id === next.id ? { ...each, failed: String(status) } : each)))
        continue
      }
      this.attempt = 0
      this.options.onTaken(next)
      this.remove(next.id)
    }
  }
}

/** One tab of a site sends at a time, where browsers can say so; elsewhere the ids keep a message from coming twice. */
async function alone(work: () => Promise<void>): Promise<void> {
  const locks = typeof navigator === "undefined" ? undefined : navigator.locks
  if (locks) await locks.request("scrm-chat-outbox", work)
  else await work()
}

export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
}
