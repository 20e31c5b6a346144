/** The launcher and the panel. Drawn again from the chat whenever something changed; what stands is left standing. */
import type { Chat, UploadView } from "./chat"
import { arrange, h, icon, linked } from "./dom"
import { CSS, readableOn } from "./look"
import { askForm, ratingCard } from "./forms"
import { clock, dayOf } from "./time"
import type { Entry, EntryFile, Pending, Texts } from "./types"
import type { Words } from "./words"

const STICKS = 80
const FOCUSABLE = "a[href],button:not([disabled]),input:not([disabled]),textarea:not([disabled])"
/** Consecutive lines of one side within this time stand together. */
const TOGETHER = 3 * 60_000

export class View {
  isOpen = false
  readonly host = h("div", { id: "scrm-chat" })
  private readonly shadow = this.host.attachShadow({ mode: "open" })
  private readonly root = h("div", { class: "root" })
  private readonly launch: HTMLButtonElement
  private readonly panel: HTMLElement
  private readonly log: HTMLElement
  private readonly body: HTMLElement
  private readonly input: HTMLTextAreaElement
  private readonly picker: HTMLInputElement
  private readonly parts = {
    title: h("h2", { id: "t" }),
    sub: h("small"),
    face: h("span", { class: "face", "aria-hidden": "true" }),
    bar: h("div", { class: "bar", role: "status", hidden: true }),
    typing: h("div", { class: "typing", "aria-live": "polite" }),
    news: h("button", { class: "new", type: "button", hidden: true, onclick: () => this.toEnd() }),
    say: h("span", { class: "sr", role: "status", "aria-live": "polite" }),
  }
  private readonly drawn = new Map<string, { mark: string; node: HTMLElement }>()
  private readonly pictures = new Map<string, Promise<string>>()
  private readonly tick: HTMLElement
  private ask: HTMLFormElement | null = null
  private rating: { occasion: string; node: HTMLElement } | null = null
  private stuck = true

  constructor(
    private readonly chat: Chat,
    private readonly words: Words,
    private readonly language: "zh" | "en",
  ) {
    const t = words
    this.launch = h("button", { class: "launch", type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => this.toggle() }, icon("chat"))
    this.log = h("div", { class: "log", role: "log", "aria-label": t.log, "aria-live": "polite", tabindex: "0", onscroll: () => this.scrolled() })
    this.input = h("textarea", {
      rows: "1", "aria-label": t.input, placeholder: t.placeholder, maxlength: "5000",
      onkeydown: (event: KeyboardEvent) => this.key(event), oninput: () => this.typed(), onpaste: (event: ClipboardEvent) => this.paste(event),
    })
    this.tick = h("span", { class: "tick" }, icon("check"), h("span", { class: "sr" }, t.seen))
    this.picker = h("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", onchange: () => this.picked() })
    this.body = h("div", { class: "body" })
    const write = h("div", { class: "write" },
      h("button", { class: "icon", type: "button", "aria-label": t.attach, onclick: () => this.picker.click() }, icon("clip")),
      this.picker, this.input,
      h("button", { class: "icon say", type: "button", "aria-label": t.send, onclick: () => this.send() }, icon("send")),
    )
    this.parts.news.textContent = t.newBelow
    this.body.append(this.log, this.parts.news, this.parts.typing, write)
    this.panel = h("section", { class: "panel", role: "dialog", "aria-modal": "true", "aria-labelledby": "t", hidden: true, onkeydown: (event: KeyboardEvent) => this.trap(event) },
      h("header", {}, this.parts.face, h("div", { class: "who" }, this.parts.title, this.parts.sub),
        h("button", { class: "icon", type: "button", "aria-label": t.close, onclick: () => this.close() }, icon("close"))),
      this.parts.bar, this.body, this.parts.say,
    )
    this.panel.addEventListener("dragover", (event) => event.preventDefault())
    this.panel.addEventListener("drop", (event) => this.dropped(event))
    this.root.append(this.panel, this.launch)
    this.root.lang = language === "zh" ? "zh-CN" : "en"
    const style = new CSSStyleSheet()
    style.replaceSync(CSS)
    this.shadow.adoptedStyleSheets = [style]
    this.shadow.append(this.root)
    document.addEventListener("visibilitychange", () => this.looked())
  }

  /** The session is there: colours, side and texts are known. */
  show(): void {
    const site = this.chat.session?.site
    if (!site) return
    this.root.dataset.theme = site.theme
    this.root.classList.toggle("left", site.side === "left")
    this.root.style.setProperty("--brand", site.color)
    this.root.style.setProperty("--on", readableOn(site.color))
    this.input.value = this.chat.shelf.get<string>("draft") ?? ""
    this.draw([])
    if (!this.host.isConnected) document.body.append(this.host)
  }

  open(): void {
    if (this.isOpen || !this.host.isConnected) return
    this.isOpen = true
    this.panel.hidden = false
    this.root.classList.add("open")
    this.launch.setAttribute("aria-expanded", "true")
    this.chat.line.start()
    this.chat.line.nudge()
    this.draw([])
    this.toEnd()
    this.looked()
    ;(this.ask?.querySelector<HTMLElement>("input,textarea") ?? this.input).focus()
  }

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.panel.hidden = true
    this.root.classList.remove("open")
    this.launch.setAttribute("aria-expanded", "false")
    this.looked()
    this.launch.focus()
  }

  toggle(): void {
    if (this.isOpen) this.close()
    else this.open()
  }

  text(texts: Texts | undefined, builtIn: string): string {
    return texts?.[this.language] ?? builtIn
  }

  // --- what the visitor does ---------------------------------------------------------------------------------------

  private send(): void {
    const text = this.input.value.trim()
    if (!text) return
    this.input.value = ""
    this.chat.shelf.set("draft", null)
    this.grow()
    this.stuck = true
    this.chat.say(text)
    this.input.focus()
  }

  private key(event: KeyboardEvent): void {
    // Enter also ends the composing of Chinese words; 229 is what older browsers say of it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    this.send()
  }

  private typed(): void {
    this.chat.shelf.set("draft", this.input.value || null)
    this.grow()
    if (this.input.value) this.chat.typed()
  }

  private grow(): void {
    this.input.style.height = "auto"
    this.input.style.height = `${Math.min(120, Math.max(38, this.input.scrollHeight))}px`
  }

  private paste(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])]
    if (!files.length) return
    event.preventDefault()
    this.attach(files)
  }

  private dropped(event: DragEvent): void {
    event.preventDefault()
    if (!this.ask) this.attach([...(event.dataTransfer?.files ?? [])])
  }

  private picked(): void {
    this.attach([...(this.picker.files ?? [])])
    this.picker.value = ""
  }

  private attach(files: File[]): void {
    const most = this.chat.session?.site.max_file ?? 0
    for (const file of files) {
      if (file.size > most) this.announce(this.words.tooLarge(file.name, Math.round(most / 1048576)))
      else void this.chat.upload(file)
    }
    this.stuck = true
  }

  private announce(sentence: string): void {
    this.parts.say.textContent = sentence
    this.parts.bar.textContent = sentence
    this.parts.bar.hidden = false
    setTimeout(() => this.drawBar(), 6_000)
  }

  private trap(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.stopPropagation()
      return this.close()
    }
    if (event.key !== "Tab") return
    const all = [...this.panel.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((each) => each.tabIndex >= 0 && each.checkVisibility())
    const at = this.shadow.activeElement as HTMLElement | null
    const first = all[0]
    const last = all[all.length - 1]
    if (event.shiftKey ? at === first || at === this.panel : at === last) {
      event.preventDefault()
      ;(event.shiftKey ? last : first)?.focus()
    }
  }

  private looked(): void {
    this.chat.watch(this.isOpen && document.visibilityState === "visible")
    if (document.visibilityState === "visible") this.chat.line.nudge()
  }

  // --- what the visitor sees ---------------------------------------------------------------------------------------

  draw(news: Entry[]): void {
    const session = this.chat.session
    if (!session) return
    const t = this.words
    const agent = this.chat.thread.state?.agent ?? null
    const title = this.text(session.site.title, t.title)
    this.parts.title.textContent = agent ?? title
    this.parts.sub.textContent = [agent ? title : "", session.open ? t.online : t.offline].filter(Boolean).join(" · ")
    this.paint(this.parts.face, agent ?? title, this.chat.thread.state?.face ?? null)
    this.drawLaunch()
    this.drawBar()
    const who = this.chat.typist || this.text(session.site.agent_title, t.agent)
    this.parts.typing.textContent = this.chat.typist === null ? "" : t.typing(who)
    this.drawAsk()
    if (!this.isOpen) return
    this.drawLog()
    if (this.stuck) this.log.scrollTop = this.log.scrollHeight
    else if (news.some((entry) => !entry.mine)) this.parts.news.hidden = false
  }

  private drawLaunch(): void {
    const count = this.chat.unread.size
    this.launch.setAttribute("aria-label", count ? this.words.openUnread(count) : this.words.open)
    this.launch.querySelector(".badge")?.remove()
    if (count) this.launch.append(h("span", { class: "badge", "aria-hidden": "true" }, count > 99 ? "99+" : String(count)))
  }

  private drawBar(): void {
    const session = this.chat.session
    const t = this.words
    const waiting = this.chat.outbox.items.some((each) => !each.failed)
    const lost = this.chat.lineState === "connecting" && (this.wasOn || waiting)
    if (this.chat.lineState === "on") this.wasOn = true
    let text = ""
    if (lost) text = t.reconnecting
    else if (session && !session.open) {
      const when = session.opens_at ? ` ${t.back(clock(session.opens_at, this.language, true))}` : ""
      text = this.text(session.site.away, t.away) + when
    }
    this.parts.bar.classList.toggle("away", !lost)
    this.parts.bar.hidden = !text
    if (this.parts.bar.textContent !== text) this.parts.bar.textContent = text
  }

  private wasOn = false

  /** The form stands instead of the thread until the first message. */
  private drawAsk(): void {
    const session = this.chat.session
    const begun = this.chat.thread.place !== null || this.chat.pending.length > 0
    // A form that stands is not taken away while somebody fills it in, whatever the hour becomes.
    const wanted = session && !begun && (this.ask !== null || (!session.known && (session.site.form.length > 0 || !session.open)))
    if (wanted && !this.ask) {
      this.ask = askForm(session, this.words, (text, form) => this.chat.say(text, form))
      this.panel.append(this.ask)
      this.body.hidden = true
    } else if (!wanted && this.ask) {
      const had = this.ask.contains(this.shadow.activeElement)
      this.ask.remove()
      this.ask = null
      this.body.hidden = false
      if (had) this.input.focus()
    }
  }

  private drawLog(): void {
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
    for (const upload of this.chat.uploads) nodes.push(this.keep(upload.id, `u:${upload.failed}`, () => this.uploadBubble(upload)))
    nodes.push(...this.ending())
    const keys = new Set(nodes)
    for (const [key, each] of this.drawn) if (!keys.has(each.node)) this.drawn.delete(key)
    arrange(this.log, nodes)
    this.drawTick()
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

  /** A picture, or while there is none the first letter of the name. */
  private paint(node: HTMLElement, name: string, face: string | null): HTMLElement {
    const shown = `${face ?? ""} ${name}`
    if (node.dataset.shown === shown) return node
    node.dataset.shown = shown
    node.textContent = [...name][0] ?? ""
    if (face) {
      this.blob(face, (id) => this.chat.api.face(id)).then((src) => node.dataset.shown === shown && node.replaceChildren(h("img", { src, alt: "" })), () => null)
    }
    return node
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
    const name = this.text(site.agent_title, this.words.agent)
    return h("div", { class: "m" }, h("span", { class: "by" }, name), h("div", { class: "b" }, this.text(site.welcome, this.words.welcome)))
  }

  private bubble(entry: Entry, joins: boolean): HTMLElement {
    const t = this.words
    const name = entry.agent ?? this.text(this.chat.session!.site.agent_title, t.agent)
    return h("div", { class: entry.mine ? "m mine" : "m", "data-id": entry.id },
      joins || entry.mine ? h("span", { class: "sr" }, entry.mine ? t.you : name) : h("span", { class: "by" }, entry.face && this.paint(h("span", { class: "face", "aria-hidden": "true" }), name, entry.face), name),
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
    this.blob(file.id).then((address) => {
      image.src = address
      link.href = address
    }, () => link.replaceWith(name))
    return link
  }

  /** Files need the visitor's token, so they are fetched and shown from memory. */
  private blob(id: string, fetch: (id: string) => Promise<Blob> = (file) => this.chat.api.file(file)): Promise<string> {
    let found = this.pictures.get(id)
    if (!found) {
      found = fetch(id).then((blob) => URL.createObjectURL(blob))
      found.catch(() => this.pictures.delete(id))
      this.pictures.set(id, found)
    }
    return found
  }

  private async download(file: EntryFile, name: string): Promise<void> {
    try {
      h("a", { href: await this.blob(file.id), download: name }).click()
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
      ? h("span", { class: "st bad" }, t.uploadFailed(name), h("button", { type: "button", onclick: () => void this.chat.uploadAgain(upload) }, t.retry), h("button", { type: "button", onclick: () => this.chat.dropUpload(upload) }, t.discard))
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
    const height = this.log.scrollHeight
    this.stuck = false
    await this.chat.showEarlier().catch(() => this.announce(this.words.reconnecting))
    this.log.scrollTop += this.log.scrollHeight - height
    this.log.focus()
  }

  private scrolled(): void {
    this.stuck = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < STICKS
    if (this.stuck) this.parts.news.hidden = true
  }

  private toEnd(): void {
    this.stuck = true
    this.parts.news.hidden = true
    this.log.scrollTop = this.log.scrollHeight
  }
}
