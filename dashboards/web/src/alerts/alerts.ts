/** What the pages of alerts compute: which alerts ring, where evidence opens, how a chart is drawn. Pure. */
import type { Alert } from "@/topics/api"
import type { Citation, HourPoint, Phase, Reach, Target } from "./api"

/** Those somebody should take: open and still going on; the most severe first, then the newest. */
export function ringing(alerts: readonly Alert[], now: number): Alert[] {
  const open = (alert: Alert) => alert.state === "open" || (alert.state === "snoozed" && alert.snoozed_until !== null && Date.parse(alert.snoozed_until) <= now)
  return alerts
    .filter((alert) => open(alert) && !alert.ended_at)
    .toSorted((a, b) => Number(b.severity === "high") - Number(a.severity === "high") || b.opened_at.localeCompare(a.opened_at))
}

/** The page that shows what a sentence rests on. */
export function opens(cite: Citation): string {
  if (cite.kind === "mention") return `/mentions?id=${encodeURIComponent(cite.id)}`
  return cite.kind === "message" && cite.conversation_id ? `/inbox/${cite.conversation_id}?m=${cite.position ?? ""}` : cite.id
}

/** The messages a phase or an hour counts, as a page. */
export function evidence(alert: Alert, since: string, until: string, asOf: string): string {
  const { name, terms, scope } = alert.topic
  if (alert.monitor_id) return `/mentions?${new URLSearchParams({ monitor: alert.monitor_id, stream: alert.stream ?? "mentions", since, until })}`
  const query = new URLSearchParams({ ev: "topic", what: name, terms: terms.join(","), since, until, as_of: asOf })
  if (scope) query.set("scope", scope)
  return `/topics?${query}`
}

/** The last moment of the hour that begins then, as the server counts: both ends included. */
export function hourEnd(start: string): string {
  return new Date(Date.parse(start) + 3_599_999).toISOString()
}

/** "reason:detail" as the server keeps it. */
export function reason(stored: string): { reason: string; detail: string } {
  const [name, ...rest] = stored.split(":")
  return { reason: name ?? "", detail: rest.join(":") }
}

export function percent(share: number | null): string {
  return share === null ? "—" : `${Math.round(share * 100)}%`
}

/** Messages an hour, as a person says them. */
export function rate(value: number): string {
  return value >= 10 ? String(Math.round(value)) : String(Math.round(value * 10) / 10)
}

/** Whether the share of bad mood fell from one phase to the next; null where one of them says nothing. */
export function change(from: Phase | undefined, to: Phase | undefined): number | null {
  return from?.share == null || to?.share == null ? null : to.share - from.share
}

/** Those a reply may go to now. */
export function permitted(affected: readonly Reach[]): string[] {
  return affected.filter((each) => each.code === null).map((each) => each.conversation.id)
}

export interface Progress {
  done: number
  of: number
  sent: number
  refused: number
}
export function progress(targets: readonly Target[]): Progress {
  const refused = targets.filter((each) => each.target.state === "refused").length
  const sent = targets.filter((each) => each.target.state === "queued").length
  return { done: refused + sent, of: targets.length, sent, refused }
}

export interface Bar {
  x: number
  height: number
  bad: number
  point: HourPoint
}
/** Hours as bars in a box of 1 × 1, the highest as high as the box; many hours are drawn as fewer, wider ones. */
export function bars(hours: readonly HourPoint[], most = 96): { bars: Bar[]; width: number; expected: number | null; peak: number } {
  const step = Math.max(1, Math.ceil(hours.length / most))
  const merged: HourPoint[] = []
  for (let at = 0; at < hours.length; at += step) {
    const group = hours.slice(at, at + step)
    const first = group[0]!
    const expected = first.expected === null ? null : group.reduce((sum, each) => sum + (each.expected ?? 0), 0)
    merged.push({ start: first.start, expected, messages: group.reduce((sum, each) => sum + each.messages, 0), negative: group.reduce((sum, each) => sum + each.negative, 0) })
  }
  const peak = Math.max(1, ...merged.map((each) => each.messages))
  const width = merged.length ? 1 / merged.length : 1
  const usual = merged[0]?.expected ?? null
  return {
    peak, width, expected: usual === null ? null : Math.min(1, usual / peak),
    bars: merged.map((point, at) => ({ point, x: at * width, height: point.messages / peak, bad: point.negative / peak })),
  }
}
