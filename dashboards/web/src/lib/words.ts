/** Records worded for people. Pure: the dictionary and the names come in. */
import type { Conversation, Message } from "@/api/types"
import type { Dictionary } from "@/i18n/zh"
import { hasFaces, withFaces } from "./faces"
import { dateTime } from "./time"

/** The one line of a list row. */
export function previewText(conversation: Conversation, t: Dictionary): string {
  const preview = conversation.preview
  if (!preview) return ""
  const mark = preview.content_type === "text" ? "" : (t.kind[preview.content_type] ?? t.kind.unknown)
  const said = hasFaces(conversation.channel?.type) ? withFaces(preview.content) : preview.content
  const body = [mark, preview.content_type === "event" ? "" : said].filter(Boolean).join(" ")
  if (preview.kind === "note") return `${t.kind.note} ${body}`
  return preview.kind === "outgoing" ? t.inbox.you + body : body
}

export function eventText(message: Message, t: Dictionary): string {
  const name = message.details.event ?? message.content
  if (name === "automatic_mail") return [t.email.automatic[message.details.automatic ?? ""] ?? t.event.other(name), message.details.subject].filter(Boolean).join(": ")
  if (name === "rating") return t.webchat.rated(message.details.score ?? "") + (message.content ? `: ${message.content}` : "")
  const known = t.wechat.event[name] ?? t.webchat.event[name] ?? t.wecom.event[name] ?? t.weibo.event[name] ?? t.context.event[name] ?? (t.event as unknown as Record<string, string>)[name]
  const what = typeof known === "string" ? known : t.event.other(name)
  if (message.details.qr_code) return what + t.wechat.scanned(message.details.qr_code)
  return message.content && message.content !== name ? `${what}: ${message.content}` : what
}

export interface Names {
  category: (code: string) => string
}

/** A system line: what happened, and who did it when a person did. */
export function activityText(message: Message, t: Dictionary, names: Names): string {
  const what = activityWords(message, t, names)
  const by = message.author.type === "agent" || message.author.type === "api" ? message.author.name : null
  return by ? t.activity.by(by, what) : what
}

function activityWords(message: Message, t: Dictionary, names: Names): string {
  const d = message.details
  const a = t.activity
  switch (d.action) {
    case "assigned":
      return a.assigned(d.assignee || t.common.unknown)
    case "unassigned":
      return a.unassigned
    case "status":
      if (d.status === "resolved") return a.resolved
      if (d.status === "snoozed" && d.until) return a.snoozed(dateTime(d.until))
      if (d.before === "resolved") return a.reopened
      return a.status(t.inbox.status[d.status as keyof Dictionary["inbox"]["status"]] ?? d.status ?? "")
    case "team":
      return a.team(d.team || t.common.none)
    case "labels":
      return [d.added && a.labelled(d.added), d.removed && a.unlabelled(d.removed)].filter(Boolean).join(a.comma)
    case "priority":
      return a.priority(t.thread.priority[d.value as keyof Dictionary["thread"]["priority"]] ?? d.value ?? "")
    case "category":
      return a.category(d.value ? names.category(d.value) : t.panel.noCategory)
    case "routed":
      return (d.team || d.assignee ? a.routed([d.team, d.assignee].filter(Boolean).join(" · ")) : a.unrouted) + reasonsText(d.reasons ?? "", t, names)
    case "opened":
      return a.opened
    case "resolved":
      return a.resolved
    case "reopened":
      return a.reopened
    case "words":
      return t.words.noticed(d.list ?? "", (d.words ?? "").split("\n").join(t.activity.comma))
    case "revealed":
      return t.words.revealed
    case "contacts_joined":
      return t.wechat.joined(d.name ?? "")
    case "platform_session":
      return [t.wecom.session[d.state ?? ""] ?? d.state ?? "", d.servicer].filter(Boolean).join(" · ")
    default:
      return message.content || d.action || ""
  }
}

/** Why routing decided so, from its machine words (`category:refund least_loaded:3`); unknown words are left out. */
export function reasonsText(reasons: string, t: Dictionary, names: Names): string {
  const r = t.activity.reason
  const said = reasons.split(" ").flatMap((word) => {
    const [key, value = ""] = word.split(":")
    if (key === "vip") return r.vip
    if (key === "mood") return r.mood
    if (key === "category") return r.category(names.category(value))
    if (key === "assignee") return r.kept
    if (key === "least_loaded") return r.least(value)
    if (word === "team:fallback") return r.fallback
    if (word === "team:none") return r.noTeam
    return word === "agent:none_available" ? r.noAgent : []
  })
  return said.length ? ` — ${said.join(t.activity.comma)}` : ""
}

/** The sentence for a failed or refused send. detail: of a blocked word, the word as it was written. */
export function failureText(code: string | null | undefined, detail: string, t: Dictionary): string {
  if (code === "word_blocked") return t.words.blocked(detail)
  return (code && t.sendError[code]) || detail || t.sendError.other!
}
