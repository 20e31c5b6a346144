/** How an alert is told: its name, and its numbers in a sentence. */
import { useT } from "@/i18n"
import { duration } from "@/lib/time"
import { useWorkspace } from "@/stores/workspace"
import type { Alert } from "./api"
import { few, negativeShare, rise } from "./topics"

const t = useT()

export function titleOf(alert: Alert): string {
  return `${alert.monitor_id ? t.value.mentions.alertOf[alert.mood ? "mood" : "volume"] : useWorkspace().categoryName(alert.topic.category)} · ${alert.topic.name}`
}

export function explained(alert: Alert): string {
  const { topic } = alert
  const { messages, expected } = topic
  const span = duration((Date.parse(topic.until) - Date.parse(topic.since)) / 1000, t.value.unit)
  if (alert.monitor_id) {
    const what = t.value.mentions.streams[alert.stream ?? "mentions"].toLocaleLowerCase()
    if (alert.mood) return t.value.mentions.explainMood(topic.moods.negative, messages, what, span, few(expected ?? 0))
    if (rise(messages, expected) === null) return t.value.mentions.explainNew(messages, what, span, negativeShare(topic))
    return t.value.mentions.explain(messages, what, span, few(expected ?? 0), negativeShare(topic))
  }
  return rise(messages, expected) === null ? t.value.topics.explainNew(messages, span, negativeShare(topic)) : t.value.topics.explain(messages, span, few(expected!), negativeShare(topic))
}
