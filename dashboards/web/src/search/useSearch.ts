/** The search under way: its question from the URL, its results from the API, a page at a time. */
import { computed, onBeforeUnmount, ref, shallowRef, watch } from "vue"
import { useRoute, useRouter } from "vue-router"
import { api } from "@/api"
import { ApiError } from "@/api/http"
import { errorText } from "@/lib/notify"
import { dayOf } from "@/lib/time"
import type { SearchResult } from "@/api/types"
import { apiQuery, readAsked, writeAsked, FILTER_NAMES, type Asked, type Filter } from "./query"

const PAUSE_MS = 180
const NOTHING: SearchResult = { contacts: [], messages: [], next: null, total: 0, whole: true }

/** The question, as the URL has it. Changing it replaces the URL: typing a word is no history. */
export function useAsked() {
  const route = useRoute()
  const router = useRouter()
  const asked = computed<Asked>(() => readAsked(route.query))

  function set(change: Partial<Asked>): void {
    const next = { ...asked.value, ...change }
    const rest = Object.fromEntries(Object.entries(route.query).filter(([name]) => name === "m"))
    void router.replace({ path: route.path, query: { ...(next.q.trim() ? rest : {}), ...writeAsked(next) } })
  }
  const setFilter = (name: Filter, value: string): void => set({ filters: { ...asked.value.filters, [name]: value || undefined } })
  const filtered = computed(() => FILTER_NAMES.some((name) => asked.value.filters[name]))
  return { asked, set, setFilter, filtered }
}

export function useResults(asked: { value: Asked }) {
  const result = shallowRef<SearchResult | null>(null)
  const busy = ref(false)
  const problem = ref("")
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking: AbortController | undefined

  async function load(after: string | null = null): Promise<void> {
    asking?.abort()
    const mine = (asking = new AbortController())
    busy.value = true
    problem.value = ""
    try {
      const found = await api.search({ ...apiQuery(asked.value, dayOf(new Date())), after }, mine.signal)
      const before = after ? result.value : null
      result.value = before ? { ...found, contacts: before.contacts, messages: [...before.messages, ...found.messages] } : found
    } catch (error) {
      // Marks alone, say, are nothing to look for; more of the question may follow.
      if (error instanceof ApiError && error.status === 422) result.value = NOTHING
      else if (!mine.signal.aborted) problem.value = errorText(error)
    } finally {
      if (mine === asking) busy.value = false
    }
  }
  const stop = (): void => {
    clearTimeout(timer)
    asking?.abort()
  }
  watch(
    () => JSON.stringify(asked.value),
    () => {
      stop()
      busy.value = true
      timer = setTimeout(() => void load(), PAUSE_MS)
    },
    { immediate: true },
  )
  onBeforeUnmount(stop)
  return { result, busy, problem, load }
}
