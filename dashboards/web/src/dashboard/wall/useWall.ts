/**
 * The wall's numbers, kept fresh: asked again every quarter of a minute, soon after anything moved, when the line is back
 * and when a new day begins. A failed question leaves what was there; how old it is stands on the screen.
 */
import { computed, onBeforeUnmount, onMounted, shallowRef, watch } from "vue"
import { api } from "@/api"
import { get } from "@/api/http"
import { addDays, dayOf } from "@/lib/time"
import { useConnection } from "@/stores/connection"
import { useConversations } from "@/stores/conversations"
import { now } from "@/stores/now"
import { topicsApi, type Alert } from "@/topics/api"
import type { Counts, Overview } from "@/api/types"
import { AGAIN, STALE } from "./wall"

interface Shown {
  overview: Overview
  /** Since when the first in line waits. */
  longest: string | null
  counts: Counts
  alerts: Alert[]
}

/** What moves in a moment is asked for once. */
const SETTLES = 5_000
/** An answer that takes longer does not come any more. */
const HANGS = 30_000

export function useWall() {
  const shown = shallowRef<Shown | null>(null)
  const updated = shallowRef(0)
  const connection = useConnection()
  const conversations = useConversations()
  const today = computed(() => dayOf(new Date(now.value)))
  const stale = computed(() => updated.value > 0 && (connection.lost || now.value - updated.value > STALE))
  let asking: AbortController | undefined
  let again = false
  let gone = false
  let soon: ReturnType<typeof setTimeout> | undefined
  let timer: ReturnType<typeof setInterval> | undefined

  /** One question at a time: a slow answer is waited for, or a busy hour would never see one. */
  async function load(): Promise<void> {
    if (asking) {
      again = true
      return
    }
    const mine = (asking = new AbortController())
    const hung = setTimeout(() => mine.abort(), HANGS)
    const day = today.value
    const before = addDays(day, -7)
    try {
      const [overview, first, counts, alerts] = await Promise.all([
        api.overview({ from: day, to: day, compare_from: before, compare_to: before }, mine.signal),
        api.evidence({ metric: "waiting_now", from: day, to: day, limit: 1 }, mine.signal),
        get<Counts>("/api/v1/conversations/counts", {}, mine.signal),
        topicsApi.alerts(mine.signal),
      ])
      if (mine.signal.aborted) return
      shown.value = { overview, longest: first.items[0]?.at ?? null, counts, alerts: alerts.items }
      updated.value = Date.now()
    } catch {
      /* the next round asks again; the screen says how old its numbers are */
    } finally {
      clearTimeout(hung)
      asking = undefined
      if (again && !gone) soonAgain()
      again = false
    }
  }
  function soonAgain(): void {
    soon ??= setTimeout(() => {
      soon = undefined
      void load()
    }, SETTLES)
  }
  watch(() => conversations.counts, soonAgain)
  watch(() => connection.state, (state) => state === "open" && soonAgain())
  watch(today, () => void load())
  onMounted(() => {
    void load()
    timer = setInterval(() => void load(), AGAIN)
  })
  onBeforeUnmount(() => {
    clearInterval(timer)
    clearTimeout(soon)
    gone = true
    asking?.abort()
  })
  return { shown, updated, stale, today }
}
