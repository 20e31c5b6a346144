/**
 * `<script src="https://HUB/widget.js" data-channel="ID" async></script>` and nothing else.
 *
 * data-lang (zh, en; the page's language otherwise), data-user-id, data-user-expires, data-user-signature and
 * data-user-name (a signed-in user), data-launcher="none" (the page opens it itself, through `ScrmChat`).
 */
import { Api } from "./api"
import { Chat } from "./chat"
import { Shelf } from "./storage"
import type { Identity } from "./types"
import { View } from "./view"
import { wordsOf } from "./words"

interface ScrmChat {
  open: () => void
  close: () => void
  toggle: () => void
  /** Somebody signed in on the page, or (null) out. */
  identify: (identity: Identity | null) => Promise<boolean>
}

declare global {
  interface Window {
    ScrmChat?: ScrmChat
  }
}

function languageOf(given: string | undefined): "zh" | "en" {
  return /^zh/i.test(given || document.documentElement.lang || navigator.language) ? "zh" : "en"
}

function identityOf(data: DOMStringMap): Identity | null {
  const { userId, userExpires, userSignature, userName } = data
  if (!userId || !userExpires || !userSignature) return null
  return { user_id: userId, expires: Number(userExpires), signature: userSignature, name: userName ?? "" }
}

function start(script: HTMLScriptElement): void {
  const channel = script.dataset.channel
  if (!channel || window.ScrmChat) return
  const shelf = new Shelf(`scrm.chat.${channel}.`)
  const api = new Api(`${new URL(script.src).origin}/visitor/${encodeURIComponent(channel)}`, shelf, identityOf(script.dataset))
  const language = languageOf(script.dataset.lang)
  const chat: Chat = new Chat(api, shelf, (news) => view.draw(news))
  const view = new View(chat, wordsOf(language), language)
  if (script.dataset.launcher === "none") view.host.dataset.launcher = "none"
  window.ScrmChat = {
    open: () => view.open(),
    close: () => view.close(),
    toggle: () => view.toggle(),
    identify: async (identity) => {
      const begun = await chat.become(identity)
      if (begun) view.show()
      return begun
    },
  }
  window.addEventListener("online", () => {
    chat.line.nudge()
    chat.outbox.nudge()
  })
  // Another tab of the site may have sent what stands here as unsent.
  window.addEventListener("storage", () => view.draw([]))
  void chat.begin().then((begun) => begun && view.show())
}

const script = document.currentScript
if (script instanceof HTMLScriptElement) {
  if (document.body) start(script)
  else document.addEventListener("DOMContentLoaded", () => start(script))
}
