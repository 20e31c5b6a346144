/** Monitors and sources, loaded once and shared by the pages; a list that follows a question. */
import { ref } from "vue"
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
