/** Monitors and sources, loaded once and shared by the pages; a list that follows a question. */
import { computed, onBeforeUnmount, ref, watch } from "vue"
import { errorText } from "@/lib/notify"
import { mentionsApi, type Monitor, type Source, type Story } from "./api"
import type { Query } from "@/api/http"

const monitors = ref<Monitor[] | null>(null)
const sources = ref<Source[] | null>(null)

export function useLists() {
  const loadMonitors = () => mentionsApi.monitors().then((page) => (monitors.value = page.items))
  const loadSources = () => mentionsApi.sources().then((page) => (sources.value = page.items))
  return { monitors, sources, loadMonitors, loadSources }
}

const SOON = 2_000

/** A monitor is counted behind the scenes when it is new or changed: asks for the list until it is, then runs `then`. */
export function useCounting(chosen: () => string | null, then: () => void) {
  const { monitors, loadMonitors } = useLists()
  const counting = computed(() => monitors.value?.some((each) => !each.counted && (chosen() ?? each.id) === each.id) ?? false)
  let timer: ReturnType<typeof setTimeout> | undefined
  function again(): void {
    clearTimeout(timer)
    if (counting.value) timer = setTimeout(() => void loadMonitors().catch(() => undefined).finally(again), SOON)
  }
  watch(counting, (now, before) => {
    again()
    if (before && !now) then()
  }, { immediate: true })
  onBeforeUnmount(() => clearTimeout(timer))
  return counting
}

/** Pages of stories; only the newest question's answer is shown. */
export function useStories() {
  const stories = ref<Story[] | null>(null)
  const next = ref<string | null>(null)
  const problem = ref("")
  const busy = ref(false)
  let asking: AbortController | undefined
  async function load(query: Query, more = false): Promise<void> {
    asking?.abort()
    const mine = (asking = new AbortController())
    busy.value = true
    if (!more) stories.value = null
    try {
      const page = await mentionsApi.list({ ...query, limit: 30, after: more ? next.value : undefined }, mine.signal)
      stories.value = more ? [...(stories.value ?? []), ...page.items] : page.items
      next.value = page.next
      problem.value = ""
    } catch (error) {
      if (!mine.signal.aborted) problem.value = errorText(error)
    } finally {
      if (mine === asking) busy.value = false
    }
  }
  return { stories, next, problem, busy, load }
}
