/** The thread as it is read: entries by day, what is on its way, and what stands at its end. What stands is left standing. */
import type { Chat } from "./chat"
import { arrange, h, icon, linked } from "./dom"
import { ratingCard } from "./forms"
import type { Pictures } from "./pictures"
import { clock, dayOf } from "./time"
import type { Entry, EntryFile, Pending } from "./types"
import type { UploadView } from "./uploads"
import { inWords, type Words } from "./words"

const STICKS = 80
/** Consecutive lines of one side within this time stand together. */
const TOGETHER = 3 * 60_000

export class Log {
  readonly node: HTMLElement
  /** Leads to what came while the visitor read further up. */
  readonly news: HTMLElement
  /** At its end, and kept there. */
  stuck = true
  private readonly drawn = new Map<string, { mark: string; node: HTMLElement }>()
  private readonly tick: HTMLElement
  private rating: { occasion: string; node: HTMLElement } | null = null

  constructor(
    private readonly chat: Chat,
    private readonly words: Words,
    private readonly language: "zh" | "en",
    private readonly pictures: Pictures,
    private readonly announce: (sentence: string) => void,
  ) {
    this.node = h("div", { class: "log", role: "log", "aria-label": words.log, "aria-live": "polite", tabindex: "0", onscroll: () => this.scrolled() })
    this.news = h("button", { class: "new", type: "button", hidden: true, onclick: () => this.toEnd() }, words.newBelow)
    this.tick = h("span", { class: "tick" }, icon("check"), h("span", { class: "sr" }, words.seen))
  }

  /** news: what came since it was drawn last. */
  draw(news: Entry[]): void {
    const nodes: Node[] = []
    const thread = this.chat.thread
    const t = this.words
    if (thread.earlier) nodes.push(this.keep("more", "", () => h("button", { class: "more", type: "button", onclick: () => this.showEarlier() }, t.earlier)))
    else nodes.push(this.keep("welcome", "", () => this.welcome()))
    let day = ""
    let before: Entry | null = null
    for (const entry of thread.entries) {
      const today = dayOf(entry.at, t, this.language)
      if (today !== day) nodes.push(this.keep(`day:${today}`, "", () => h("div", { class: "day" }, today)))
      const joins = today === day && before !== null && before.mine === entry.mine && before.agent === entry.agent && Date.parse(entry.at) - Date.parse(before.at) < TOGETHER
      day = today
      before = entry
      const key = entry.mine && entry.client_id ? entry.client_id : entry.id
      nodes.push(this.keep(key, `${entry.revision}:${joins}`, () => this.bubble(entry, joins)))
    }
    for (const pending of this.chat.pending) nodes.push(this.keep(pending.id, `p:${pending.taken}:${pending.failed ?? ""}`, () => this.pendingBubble(pending)))
    for (const upload of this.chat.uploads.items) nodes.push(this.keep(upload.id, `u:${upload.failed}`, () => this.uploadBubble(upload)))
    nodes.push(...this.ending())
    const keys = new Set(nodes)
    for (const [key, each] of this.drawn) if (!keys.has(each.node)) this.drawn.delete(key)
    arrange(this.node, nodes)
    this.drawTick()
    if (this.stuck) this.node.scrollTop = this.node.scrollHeight
    else if (news.some((entry) => !entry.mine)) this.news.hidden = false
  }

  /** Under the newest of the visitor's lines that somebody of the company has read. It moves, so that nothing that
   * stands is drawn, and read out, anew. */
  private drawTick(): void {
    const state = this.chat.thread.state
    const read = this.chat.thread.entries.filter((each) => each.mine && each.conversation_id === state?.conversation_id && each.position <= state.read)
    const newest = read[read.length - 1]
    const time = newest && this.drawn.get(newest.client_id ?? newest.id)?.node.querySelector("time")
    if (!time) this.tick.remove()
    else if (this.tick.parentNode !== time) time.append(this.tick)
  }

  private keep(key: string, mark: string, make: () => HTMLElement): HTMLElement {
    const known = this.drawn.get(key)
    if (known && known.mark === mark) return known.node
    const node = make()
    this.drawn.set(key, { mark, node })
    return node
  }

  private welcome(): HTMLElement {
    const site = this.chat.session!.site
    const name = inWords(site.agent_title, this.language, this.words.agent)
    return h("div", { class: "m" }, h("span", { class: "by" }, name), h("div", { class: "b" }, inWords(site.welcome, this.language, this.words.welcome)))
  }

  private bubble(entry: Entry, joins: boolean): HTMLElement {
    const t = this.words
    const name = entry.agent ?? inWords(this.chat.session!.site.agent_title, this.language, t.agent)
    return h("div", { class: entry.mine ? "m mine" : "m", "data-id": entry.id },
      joins || entry.mine ? h("span", { class: "sr" }, entry.mine ? t.you : name) : h("span", { class: "by" }, entry.face && this.pictures.paint(h("span", { class: "face", "aria-hidden": "true" }), name, entry.face), name),
      entry.text && h("div", { class: "b" }, ...linked(entry.text)),
      ...entry.files.map((file) => this.fileView(file)),
      h("time", { datetime: entry.at }, clock(entry.at, this.language)),
    )
  }

  private fileView(file: EntryFile): HTMLElement {
    const name = file.file_name ?? (file.media_type.startsWith("image/") ? this.words.picture : this.words.file)
    if (!file.media_type.startsWith("image/") || !file.ready) {
      return h("button", { class: "doc", type: "button", "aria-label": this.words.download(name), disabled: !file.ready, onclick: () => void this.download(file, name) }, icon("file"), h("span", {}, name))
    }
    const image = h("img", { alt: name, onload: () => this.stuck && this.toEnd() })
    const link = h("a", { class: "pic", target: "_blank", rel: "noopener", "aria-label": name }, image)
    this.pictures.of(file.id).then((address) => {
      image.src = address
      link.href = address
    }, () => link.replaceWith(name))
    return link
  }

  private async download(file: EntryFile, name: string): Promise<void> {
    try {
      h("a", { href: await this.pictures.of(file.id), download: name }).click()
    } catch {
      this.announce(this.words.reconnecting)
    }
  }

  private pendingBubble(pending: Pending & { taken: boolean }): HTMLElement {
    const t = this.words
    const status = pending.failed
      ? h("span", { class: "st bad" }, t.notSent, h("button", { type: "button", onclick: () => this.chat.outbox.retry(pending.id) }, t.retry), h("button", { type: "button", onclick: () => this.chat.outbox.remove(pending.id) }, t.discard))
      : h("span", { class: "st" }, pending.taken ? "" : t.sending)
    return h("div", { class: "m mine" }, h("span", { class: "sr" }, t.you),
      pending.text && h("div", { class: "b" }, ...linked(pending.text)),
      ...pending.files.map((file) => h("span", { class: "doc" }, icon("file"), h("span", {}, file.file_name))), status)
  }

  private uploadBubble(upload: UploadView): HTMLElement {
    const t = this.words
    const name = upload.file.name || t.picture
    const status = upload.failed
      ? h("span", { class: "st bad" }, t.uploadFailed(name), h("button", { type: "button", onclick: () => void this.chat.uploads.again(upload) }, t.retry), h("button", { type: "button", onclick: () => this.chat.uploads.drop(upload) }, t.discard))
      : h("span", { class: "st" }, t.uploading(name))
    return h("div", { class: "m mine" }, h("span", { class: "doc" }, icon("file"), h("span", {}, name)), status)
  }

  /** Under what was left while nobody is there: that it arrived. Under a conversation that is over: that it is, and how
   * it was. */
  private ending(): HTMLElement[] {
    if (this.chat.left) return [this.keep("left", "", () => h("div", { class: "day" }, this.words.left))]
    const state = this.chat.thread.state
    if (!state?.resolved || this.chat.pending.length) return []
    const over = this.keep("over", state.conversation_id, () => h("div", { class: "day" }, this.words.resolved))
    const occasion = state.occasion
    if (!occasion) return [over]
    if (this.chat.shelf.get<string>("rated") === occasion) return [over, this.keep("thanks", occasion, () => h("div", { class: "day" }, this.words.thanks))]
    if (this.rating?.occasion !== occasion) this.rating = { occasion, node: ratingCard(this.words, (score, comment) => this.chat.rate(score, comment)) }
    return [over, this.rating.node]
  }

  private async showEarlier(): Promise<void> {
    const height = this.node.scrollHeight
    this.stuck = false
    await this.chat.showEarlier().catch(() => this.announce(this.words.reconnecting))
    this.node.scrollTop += this.node.scrollHeight - height
    this.node.focus()
  }

  private scrolled(): void {
    this.stuck = this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < STICKS
    if (this.stuck) this.news.hidden = true
  }

  toEnd(): void {
    this.stuck = true
    this.news.hidden = true
    this.node.scrollTop = this.node.scrollHeight
  }
}
