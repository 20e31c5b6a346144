/** A channel's limits on a reply and its files, worded before anything is sent. Pure. */
import { elsewhere } from "@/api/servicers"
import type { Capabilities, ContentType, Conversation } from "@/api/types"
import type { Dictionary } from "@/i18n/zh"
import { WINDOW_HOT, windowState } from "./deadline"
import { byteLength, characterCount } from "./text"
import { countdown } from "./time"

export interface LimitLine {
  key: string
  text: string
  near: boolean
}
/** refusal: why nothing can be sent at all; over: characters too many. */
export interface Limits {
  refusal: string | null
  over: number
  lines: LimitLine[]
}
export interface LimitInput {
  conversation: Conversation
  text: string
  note: boolean
  paused: boolean
  capabilities: Capabilities | null
}

/** Text lines appear from this share of the limit on. */
const NEAR = 0.75
const NOTE_MAX = 10_000
/** A time to answer in that is counted in weeks says nothing until it is nearly over. */
const WINDOW_SHOWN = 3 * 86_400_000

export function limitsOf(input: LimitInput, at: number, t: Dictionary): Limits {
  const lines: LimitLine[] = []
  const max = input.note ? NOTE_MAX : (input.capabilities?.max_text ?? NOTE_MAX)
  const over = Math.max(0, characterCount(input.text) - max)
  if (over > 0) lines.push({ key: "over", text: t.composer.over(over), near: true })
  if (input.note) return { refusal: null, over, lines }
  if (input.paused) return { refusal: t.composer.paused, over, lines }
  if (elsewhere(input.conversation)) {
    const who = input.conversation.servicing?.servicer_id
    return { refusal: who ? t.wecom.servicers.with(who) : t.wecom.servicers.queued, over, lines }
  }
  const window = windowState(input.conversation.window, at)
  if (!window.open) {
    return { refusal: window.reason === "replies_used_up" ? t.composer.repliesUsedUp : t.composer.windowClosed, over, lines }
  }
  lines.unshift(...textLines(input, over, t))
  if (window.replies !== null) lines.push({ key: "replies", text: t.composer.repliesLeft(window.replies), near: window.replies <= 1 })
  if (window.left !== null && window.left <= WINDOW_SHOWN) lines.push({ key: "window", text: t.composer.window(countdown(window.left)), near: window.left <= WINDOW_HOT })
  return { refusal: null, over, lines }
}

function textLines(input: LimitInput, over: number, t: Dictionary): LimitLine[] {
  const limit = input.capabilities?.text_limit
  if (!limit || over > 0 || input.text === "") return []
  const unit = input.capabilities?.text_unit
  const bytes = unit === "bytes"
  const used = bytes ? byteLength(input.text) : unit === "utf16" ? input.text.length : characterCount(input.text)
  if (used > limit) return [{ key: "parts", text: t.composer.parts(Math.ceil(used / limit)), near: true }]
  if (used < limit * NEAR) return []
  return [{ key: "text", text: bytes ? t.composer.bytesLeft(limit - used) : t.composer.charsLeft(limit - used), near: false }]
}

const SERVER_MAX = 20 * 1024 * 1024

export function contentTypeOf(mediaType: string): ContentType {
  if (mediaType.startsWith("image/")) return "image"
  if (mediaType.startsWith("audio/")) return "voice"
  return mediaType.startsWith("video/") ? "video" : "file"
}

/** What forbids the file: the largest size in bytes, "type", or null when it may go. */
export function obstacle(file: { type: string; size: number }, capabilities: Capabilities | null): number | "type" | null {
  const kind = contentTypeOf(file.type)
  if (capabilities && !capabilities.sends.includes(kind)) return "type"
  const types = capabilities?.media_types[kind]
  if (types?.length && !types.includes(file.type)) return "type"
  const limit = Math.min(SERVER_MAX, capabilities?.media_limits[kind] ?? SERVER_MAX)
  return file.size > limit ? limit : null
}
