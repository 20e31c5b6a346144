/**
 * Calls an agent who looks elsewhere: two soft notes, and a notification of the browser where it was allowed. Whoever
 * has the page before them is called by what they see.
 */
import { useT } from "@/i18n"
import type { Call } from "@/lib/calls"
import { previewText } from "@/lib/words"
import { router } from "@/router"
import { useConversations } from "@/stores/conversations"
import { usePrefs } from "@/stores/prefs"
import type { Conversation } from "@/api/types"

/** Long enough that what is read in another window of the same agent calls nobody, ms. */
const GRACE = 1_000
/** A burst of messages is one call, ms. */
const QUIET = 3_000

const t = useT()
let rang = 0
let audio: AudioContext | undefined

const attended = (): boolean => !document.hidden && document.hasFocus()

export function callAgent(call: Call, conversation: Conversation): void {
  if (attended()) return
  window.setTimeout(() => {
    const now = useConversations().byId.get(conversation.id) ?? conversation
    if (attended() || (call === "message" && now.unread === 0)) return
    const words = t.value.calls[call](now.contact.name)
    notify(words, call === "woken" ? "" : previewText(now, t.value), `/inbox/${now.id}`)
    ring()
  }, GRACE)
}

export function callMentioned(words: string, to: string): void {
  if (attended()) return
  notify(words, "", to)
  ring()
}

/** tag: a conversation's newest call takes the place of its last one. */
function notify(title: string, body: string, to: string): void {
  if (!usePrefs().desktop || !("Notification" in window) || Notification.permission !== "granted") return
  try {
    const shown = new Notification(title, { body, tag: to, silent: true })
    shown.onclick = () => {
      window.focus()
      shown.close()
      void router.push(to)
    }
  } catch {
    /* browsers of phones have the name and not the thing */
  }
}

function ring(): void {
  const now = Date.now()
  if (!usePrefs().sound || now - rang < QUIET) return
  rang = now
  void playChime()
}

/** Silent until somebody has touched the page, which is the browsers' rule. */
export async function playChime(): Promise<void> {
  try {
    audio ??= new AudioContext()
    await audio.resume()
    note(audio, 660, audio.currentTime)
    note(audio, 880, audio.currentTime + 0.14)
  } catch {
    /* no sound on this machine */
  }
}

function note(on: AudioContext, pitch: number, at: number): void {
  const tone = on.createOscillator()
  const volume = on.createGain()
  tone.frequency.value = pitch
  volume.gain.setValueAtTime(0.12, at)
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.35)
  tone.connect(volume).connect(on.destination)
  tone.start(at)
  tone.stop(at + 0.36)
}
