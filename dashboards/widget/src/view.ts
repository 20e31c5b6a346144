/** The launcher and the panel. Drawn again from the chat whenever something changed; what stands is left standing. */
import type { Chat } from "./chat"
import { h, icon } from "./dom"
import { CSS, readableOn } from "./look"
import { askForm } from "./forms"
import { Log } from "./log"
import { Pictures } from "./pictures"
import { clock } from "./time"
import type { Entry } from "./types"
import { inWords, type Words } from "./words"

const FOCUSABLE = "a[href],button:not([disabled]),input:not([disabled]),textarea:not([disabled])"

export class View {
  isOpen = false
  readonly host = h("div", { id: "scrm-chat" })
  private readonly shadow = this.host.attachShadow({ mode: "open" })
  private readonly root = h("div", { class: "root" })
  private readonly launch: HTMLButtonElement
  private readonly panel: HTMLElement
  private readonly log: Log
  private readonly pictures: Pictures
  private readonly body: HTMLElement
  private readonly input: HTMLTextAreaElement
  private readonly picker: HTMLInputElement
  private readonly parts = {
    title: h("h2", { id: "t" }),
    sub: h("small"),
    face: h("span", { class: "face", "aria-hidden": "true" }),
    bar: h("div", { class: "bar", role: "status", hidden: true }),
    typing: h("div", { class: "typing", "aria-live": "polite" }),
    say: h("span", { class: "sr", role: "status", "aria-live": "polite" }),
  }
  private ask: HTMLFormElement | null = null
  private wasOn = false

  constructor(
    private readonly chat: Chat,
    private readonly words: Words,
    private readonly language: "zh" | "en",
  ) {
    const t = words
    this.launch = h("button", { class: "launch", type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => this.toggle() }, icon("chat"))
    this.pictures = new Pictures(chat.api)
    this.log = new Log(chat, words, language, this.pictures, (sentence) => this.announce(sentence))
    this.input = h("textarea", {
      rows: "1", "aria-label": t.input, placeholder: t.placeholder, maxlength: "5000",
      onkeydown: (event: KeyboardEvent) => this.key(event), oninput: () => this.typed(), onpaste: (event: ClipboardEvent) => this.paste(event),
    })
    this.picker = h("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", onchange: () => this.picked() })
    this.body = h("div", { class: "body" })
    const write = h("div", { class: "write" },
      h("button", { class: "icon", type: "button", "aria-label": t.attach, onclick: () => this.picker.click() }, icon("clip")),
      this.picker, this.input,
      h("button", { class: "icon say", type: "button", "aria-label": t.send, onclick: () => this.send() }, icon("send")),
    )
    this.body.append(this.log.node, this.log.news, this.parts.typing, write)
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
    this.log.toEnd()
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

  // --- what the visitor does ---------------------------------------------------------------------------------------

  private send(): void {
    const text = this.input.value.trim()
    if (!text) return
    this.input.value = ""
    this.chat.shelf.set("draft", null)
    this.grow()
    this.log.stuck = true
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
      else void this.chat.uploads.add(file)
    }
    this.log.stuck = true
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
    const title = inWords(session.site.title, this.language, t.title)
    this.parts.title.textContent = agent ?? title
    this.parts.sub.textContent = [agent ? title : "", session.open ? t.online : t.offline].filter(Boolean).join(" · ")
    this.pictures.paint(this.parts.face, agent ?? title, this.chat.thread.state?.face ?? null)
    this.drawLaunch()
    this.drawBar()
    const who = this.chat.typist || inWords(session.site.agent_title, this.language, t.agent)
    this.parts.typing.textContent = this.chat.typist === null ? "" : t.typing(who)
    this.drawAsk()
    if (!this.isOpen) return
    this.log.draw(news)
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
      text = inWords(session.site.away, this.language, t.away) + when
    }
    this.parts.bar.classList.toggle("away", !lost)
    this.parts.bar.hidden = !text
    if (this.parts.bar.textContent !== text) this.parts.bar.textContent = text
  }

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
}
