/** Alerts that ring, for supervisors and above: asked for once, then kept by what comes over the line. */
import { defineStore } from "pinia"
import { computed, ref } from "vue"
import { now } from "@/stores/now"
import { useSession } from "@/stores/session"
import { put } from "@/stores/workspace"
import { topicsApi, type Alert } from "@/topics/api"
import { ringing } from "./alerts"

export const useBell = defineStore("bell", () => {
  const session = useSession()
  const alerts = ref<Alert[]>([])
  /** Severe ones whose bar somebody has seen, on this page. */
  const seen = ref<string[]>([])
  /** Counts what happened in incident rooms, so that an open one looks again. */
  const rooms = ref<Record<string, number>>({})
  // By the minute: only an ended snooze makes an alert ring by itself.
  const minute = computed(() => Math.floor(now.value / 60_000) * 60_000)
  const ring = computed(() => ringing(alerts.value, minute.value))
  const bar = computed(() => ring.value.find((alert) => alert.severity === "high" && !seen.value.includes(alert.id)) ?? null)

  async function load(): Promise<void> {
    if (!session.may("supervisor")) return
    alerts.value = await topicsApi.alerts().then((page) => page.items, () => alerts.value) // the next change brings it
  }
  function receive(alert: Alert): void {
    alerts.value = put(alerts.value, alert)
    touch(alert.id)
  }
  function touch(id: string): void {
    rooms.value = { ...rooms.value, [id]: (rooms.value[id] ?? 0) + 1 }
  }
  function dismiss(id: string): void {
    seen.value = [...seen.value, id]
  }
  return { alerts, rooms, ring, bar, load, receive, touch, dismiss }
})
