/** Alerts, and the board of a range and channel; asked again every minute while somebody looks. */
import { onBeforeUnmount, onMounted, ref, watch, type Ref } from "vue"
import { attempt, errorText } from "@/lib/notify"
import { put } from "@/stores/workspace"
import { topicsApi, type Alert, type AlertChange, type BoardRange, type TopicBoard } from "./api"

const AGAIN = 60_000

export function useRepeated(load: () => void): void {
  const again = () => document.visibilityState === "visible" && load()
  let timer: ReturnType<typeof setInterval> | undefined
  onMounted(() => (timer = setInterval(again, AGAIN)))
  onBeforeUnmount(() => clearInterval(timer))
}

export function useAlerts() {
  const alerts = ref<Alert[]>([])
  const busy = ref("")
  const load = () => topicsApi.alerts().then((page) => (alerts.value = page.items)).catch(() => undefined) // the next minute asks again
  async function change(alert: Alert, what: AlertChange): Promise<void> {
    busy.value = alert.id
    const well = await attempt(async () => (alerts.value = put(alerts.value, await topicsApi.change(alert.id, what))))
    if (!well) await load()
    busy.value = ""
  }
  return { alerts, busy, load, change }
}

export function useBoard(asked: Ref<{ range: BoardRange; channel: string | null }>, may: () => boolean) {
  const board = ref<TopicBoard | null>(null)
  const problem = ref("")
  let asking: AbortController | undefined
  async function load(): Promise<void> {
    if (!may()) return
    asking?.abort()
    const mine = (asking = new AbortController())
    try {
      board.value = await topicsApi.board(asked.value.range, asked.value.channel, mine.signal)
      problem.value = ""
    } catch (error) {
      if (!mine.signal.aborted && board.value === null) problem.value = errorText(error)
    }
  }
  watch(() => `${asked.value.range} ${asked.value.channel}`, () => {
    board.value = null
    void load()
  }, { immediate: true })
  return { board, problem, load }
}
