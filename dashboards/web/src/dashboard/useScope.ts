/** Range, filters and what is compared with, as the URL has them: what every dashboard is asked for. */
import { computed } from "vue"
import { useRoute, useRouter, type LocationQuery, type LocationQueryRaw } from "vue-router"
import { readCompared, readRange, waysToCompare, type EvidenceAsk } from "@/lib/range"
import { dayOf } from "@/lib/time"

/** What a page and its neighbours share; the rest of the URL is an open drawer or a page's own. */
export const SHARED = ["range", "from", "to", "channel", "team", "compare", "cfrom", "cto"] as const

/** Only what pages share of a query, so that a filter goes along from one to the next. */
export function sharedQuery(query: LocationQuery): LocationQueryRaw {
  return Object.fromEntries(SHARED.flatMap((name) => (query[name] ? [[name, query[name]]] : [])))
}
/** The same without an open drawer. */
export const CLOSED: LocationQueryRaw = Object.fromEntries(
  ["ev", "sentiment", "category", "day", "then", "in", "terms", "as_of", "tm", "agent", "outcome", "hour", "weekday"].map((name) => [name, undefined]),
)

export function useScope() {
  const route = useRoute()
  const router = useRouter()
  const range = computed(() => readRange(route.query, dayOf(new Date())))
  const compared = computed(() => readCompared(route.query, range.value))
  const ways = computed(() => waysToCompare(range.value))
  const scope = computed(() => ({
    from: range.value.from,
    to: range.value.to,
    channel_id: (route.query.channel as string) || null,
    team_id: (route.query.team as string) || null,
  }))
  /** With the other range, for pages that compare. */
  const both = computed(() => ({ ...scope.value, compare_from: compared.value.from, compare_to: compared.value.to }))
  function go(change: LocationQueryRaw): void {
    void router.push({ query: { ...route.query, ...CLOSED, ...change } })
  }
  const showEvidence = (ask: EvidenceAsk) =>
    go({
      ev: ask.phrase ? "voice" : ask.metric, sentiment: ask.sentiment, category: ask.category, day: ask.day, then: ask.then ? "1" : undefined, in: ask.channel,
      tm: ask.team, agent: ask.agent, outcome: ask.outcome, hour: ask.hour, weekday: ask.weekday,
      terms: ask.phrase?.term, as_of: ask.phrase?.asOf,
    })
  return { range, compared, ways, scope, both, go, showEvidence }
}
