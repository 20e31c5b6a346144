/** What the whole workspace shares: people, teams, labels, replies, channels, categories. One call fills it. */
import { defineStore } from "pinia"
import { computed, ref, shallowRef } from "vue"
import { api } from "@/api"
import { locale, useT } from "@/i18n"
import { useSession } from "./session"
import type { Agent, CannedReply, Category, Channel, ChannelType, Label, Team } from "@/api/types"

function index<T extends { id: string }>(list: readonly T[]): Map<string, T> {
  return new Map(list.map((item) => [item.id, item]))
}

/** `list` with `item` put in place of the one of its id, or added. */
export function put<T extends { id: string }>(list: readonly T[], item: T): T[] {
  return list.some((known) => known.id === item.id)
    ? list.map((known) => (known.id === item.id ? item : known))
    : [...list, item]
}

export const useWorkspace = defineStore("workspace", () => {
  const t = useT()
  const ready = ref(false)
  const failed = ref(false)
  const agents = shallowRef<Agent[]>([])
  const teams = shallowRef<Team[]>([])
  const labels = shallowRef<Label[]>([])
  const canned = shallowRef<CannedReply[]>([])
  const channels = shallowRef<Channel[]>([])
  const types = shallowRef<ChannelType[]>([])
  const categories = shallowRef<Category[]>([])
  /** Out of use, but older messages carry them. */
  const formerCategories = shallowRef<Category[]>([])

  async function load(): Promise<void> {
    failed.value = false
    const all = await api.bootstrap().catch((error: unknown) => {
      failed.value = true
      throw error
    })
    agents.value = all.agents
    teams.value = all.teams
    labels.value = all.labels
    canned.value = all.canned_replies
    channels.value = all.channels
    types.value = all.channel_types
    categories.value = all.categories
    formerCategories.value = all.former_categories
    useSession().me = all.me
    ready.value = true
  }
  function putAgent(agent: Agent): void {
    agents.value = put(agents.value, agent)
    const session = useSession()
    if (session.me?.id === agent.id) session.me = { ...session.me, ...agent }
  }
  const agentById = computed(() => index(agents.value))
  const teamById = computed(() => index(teams.value))
  const labelById = computed(() => index(labels.value))
  const channelById = computed(() => index(channels.value))
  const typeByName = computed(() => new Map(types.value.map((type) => [type.type, type])))
  const categoryNames = computed(
    () => new Map([...formerCategories.value, ...categories.value].map((c) => [c.code, locale.value === "en" ? c.name_en : c.name_zh])),
  )
  const agentName = (id: string | null | undefined) =>
    id ? (agentById.value.get(id)?.name ?? t.value.common.unknown) : t.value.common.unassigned
  const categoryName = (code: string | null | undefined) =>
    code ? (categoryNames.value.get(code) ?? code) : t.value.dashboard.unknownCategory
  const strange = new Set<string>()
  /** A code nobody told us of: other categories were published since this page was opened. Asked once a code. */
  function meet(code: string | null | undefined): void {
    if (!ready.value || !code || categoryNames.value.has(code) || strange.has(code)) return
    strange.add(code)
    void load().catch(() => undefined)
  }
  const typeName = (type: string) => {
    const known = typeByName.value.get(type)
    return known ? (locale.value === "en" ? known.name_en : known.name_zh) : type
  }
  return {
    ready, failed, agents, teams, labels, canned, channels, types, categories, load, putAgent,
    agentById, teamById, labelById, channelById, typeByName, agentName, categoryName, typeName, meet,
  }
})
