/** The conversation behind the panel: session, line, outbox and thread, and what of them has not been seen. */
import { Refused, type Api } from "./api"
import { Line, type LineState } from "./line"
import { newId, Outbox } from "./outbox"
import type { Shelf } from "./storage"
import { Thread } from "./thread"
import type { Entry, Form, Frame, Identity, Pending, Session } from "./types"
import { Uploads } from "./uploads"

const SEEN_AFTER = 300
const TYPING_EVERY = 3_000
const TYPING_LASTS = 6_000
const FIRST_WAIT = 2_000
const LONGEST_WAIT = 60_000
/** Above the hub's own limit for one list. */
const MOST_SEEN = 100
/** A page may stand open for days: how long what it knows of the business hours counts. */
const HOURS_COUNT = 5 * 60_000

export class Chat {
  readonly thread = new Thread()
  readonly outbox: Outbox
  readonly line: Line
  readonly uploads: Uploads
  lineState: LineState = "off"
  /** An agent writes; the public name, or "". */
  typist: string | null = null
  unread = new Set<string>()
  /** Taken by the hub and not yet among the entries. */
  private taken: Pending[] = []
  private toTell = new Map<string, boolean>()
  private tellTimer: ReturnType<typeof setTimeout> | undefined
  private typingTimer: ReturnType<typeof setTimeout> | undefined
  private typedAt = 0
  private watching = false
  private hoursTimer: ReturnType<typeof setTimeout> | undefined

  constructor(
    readonly api: Api,
    readonly shelf: Shelf,
    private readonly changed: (news: Entry[]) => void,
  ) {
    this.outbox = new Outbox({
      shelf,
      send: (pending) => {
        const { at: _at, failed: _failed, ...message } = pending
        return this.api.say({ type: "message", ...message, ...(pending.form ? {} : { form: undefined }) })
      },
      onTaken: (pending) => {
        if (!this.thread.holds(pending.id)) this.taken.push(pending)
      },
      onChange: () => this.changed([]),
    })
    this.uploads = new Uploads(
      (file) => api.upload(file),
      (stored) => this.say("", undefined, [stored]),
      () => this.changed([]),
    )
    this.line = new Line({
      api,
      place: () => this.thread.place,
      onFrame: (frame) => this.hear(frame),
      onState: (state) => {
        if (state === "on" && this.lineState !== "on") this.outbox.nudge()
        this.lineState = state
        this.changed([])
      },
    })
  }

  get session(): Session | null {
    return this.api.session
  }

  /** Begins, however long the hub is away; false when this page may not use the channel. */
  async begin(): Promise<boolean> {
    for (let wait = FIRST_WAIT; ; wait = Math.min(LONGEST_WAIT, wait * 2)) {
      try {
        const session = await this.api.enter()
        if (session.known || this.outbox.items.length) this.line.start()
        return true
      } catch (error) {
        if (error instanceof Refused && error.status >= 400 && error.status < 500 && error.status !== 429) {
          console.warn(`chat: the hub refused this page (${error.status} ${error.code})`)
          return false
        }
      }
      await new Promise((done) => setTimeout(done, wait))
    }
  }

  /** Somebody else is there now: nothing of before stays on the page. */
  async become(identity: Identity | null): Promise<boolean> {
    this.line.end()
    this.thread.clear()
    this.unread.clear()
    this.taken = []
    const before = this.api.identity
    if (before && before.user_id !== identity?.user_id) {
      // What one person has not sent yet, nobody else says.
      this.uploads.clear()
      this.outbox.clear()
      this.shelf.set("draft", null)
    }
    this.api.identity = identity
    this.api.session = null
    const begun = await this.begin()
    this.changed([])
    return begun
  }

  say(text: string, form?: Form, files: Pending["files"] = []): void {
    this.line.start()
    const page = location.origin + location.pathname
    this.outbox.add({ id: newId(), text, files, form, page: page.slice(0, 500), at: Date.now() })
  }

  /** What the visitor said that is not among the entries yet, oldest first. */
  get pending(): (Pending & { taken: boolean })[] {
    const waiting = this.outbox.items.filter((each) => !this.thread.holds(each.id))
    const ids = new Set(waiting.map((each) => each.id))
    const taken = this.taken.filter((each) => !ids.has(each.id))
    return [...taken.map((each) => ({ ...each, taken: true })), ...waiting.map((each) => ({ ...each, taken: false }))]
  }

  typed(): void {
    if (Date.now() - this.typedAt < TYPING_EVERY || this.lineState !== "on" || !this.thread.place) return
    this.typedAt = Date.now()
    if (!this.line.send({ type: "typing" }) && this.line.polling) void this.api.say({ type: "typing" }).catch(() => null)
  }

  /** Nobody is there, and what the visitor said is with the hub: all there is to do is to wait for them. */
  get left(): boolean {
    if (!this.session || this.session.open || this.thread.state?.resolved || this.outbox.items.length) return false
    const entries = this.thread.entries
    return this.taken.length > 0 || entries[entries.length - 1]?.mine === true
  }

  /** Somebody looks at the panel, or does not any more. */
  watch(watching: boolean): void {
    this.watching = watching
    clearTimeout(this.hoursTimer)
    if (watching) void this.keepHours()
    if (!watching || !this.unread.size) return
    for (const id of this.unread) this.tell(id, true)
    this.unread.clear()
    this.changed([])
  }

  async rate(score: number, comment: string): Promise<void> {
    await this.api.say({ type: "rating", occasion: this.thread.state?.occasion ?? "", score, comment })
    this.shelf.set("rated", this.thread.state?.occasion ?? "")
    this.changed([])
  }

  async showEarlier(): Promise<void> {
    const from = this.thread.earlier
    if (!from) return
    const page = await this.api.past(from)
    page.entries.forEach((entry) => this.thread.put(entry))
    this.thread.earlier = page.before
    this.changed([])
  }

  private hear(frame: Frame): void {
    const news: Entry[] = []
    switch (frame.type) {
      case "entry":
        if (this.thread.put(frame.entry) === "new") {
          news.push(frame.entry)
          this.meet(frame.entry)
        }
        break
      case "state":
        this.thread.state = frame
        break
      case "typing":
        this.typist = frame.agent ?? ""
        clearTimeout(this.typingTimer)
        this.typingTimer = setTimeout(() => this.typistRests(), TYPING_LASTS)
        break
      case "caught_up":
        if (frame.anew) {
          this.thread.clear()
          this.line.end()
          this.line.start()
          break
        }
        this.thread.reach(frame.place)
        // Not where the oldest entry stands: one that left late may stand far before the others.
        if (frame.before) this.thread.earlier = frame.before
    }
    this.changed(news)
  }

  private meet(entry: Entry): void {
    if (entry.mine) {
      this.taken = this.taken.filter((each) => each.id !== entry.client_id)
      return
    }
    this.typist = null
    if (entry.seen) return
    if (!this.watching) this.unread.add(entry.id)
    this.tell(entry.id, this.watching)
  }

  /** Whether somebody is there is asked again while somebody looks. */
  private async keepHours(): Promise<void> {
    if (Date.now() - this.api.enteredAt >= HOURS_COUNT) {
      // A hub that is away is the line's affair.
      await this.api.enter().then(() => this.changed([]), () => null)
    }
    clearTimeout(this.hoursTimer)
    if (this.watching) this.hoursTimer = setTimeout(() => void this.keepHours(), HOURS_COUNT)
  }

  private typistRests(): void {
    this.typist = null
    this.changed([])
  }

  /** Receipts go together, and are said again until the hub has heard them or the page is gone. */
  private tell(id: string, read: boolean): void {
    this.toTell.set(id, read || this.toTell.get(id) === true)
    clearTimeout(this.tellTimer)
    this.tellTimer = setTimeout(() => void this.tellAll(), SEEN_AFTER)
  }

  private async tellAll(): Promise<void> {
    for (const read of [false, true]) {
      const ids = [...this.toTell].filter(([, each]) => each === read).map(([id]) => id).slice(0, MOST_SEEN)
      if (!ids.length) continue
      ids.forEach((id) => this.toTell.delete(id))
      const frame = { type: "seen", ids, read }
      if (this.line.send(frame)) continue
      await this.api.say(frame).catch(() => ids.forEach((id) => this.tell(id, read)))
    }
  }
}
