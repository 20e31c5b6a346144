/** Saved views of the conversation list: the agent's own and the shared ones. */
import { defineStore } from "pinia"
import { computed, shallowRef } from "vue"
import { api } from "@/api"
import { defaultFilter, sameFilter } from "@/lib/filter"
import { useConversations } from "./conversations"
import { put } from "./workspace"
import type { SavedView } from "@/api/types"

export const useViews = defineStore("views", () => {
  const list = useConversations()
  const views = shallowRef<SavedView[]>([])
  const current = computed(() => views.value.find((view) => sameFilter(view.filter, list.filter)) ?? null)

  async function load(): Promise<void> {
    views.value = (await api.views()).items
  }
  function show(view: SavedView | null): void {
    list.setFilter(view ? { ...view.filter } : { ...defaultFilter })
  }
  /** The list's filter as it is now, under a name. */
  async function save(name: string, shared: boolean): Promise<void> {
    views.value = put(views.value, await api.saveView(null, { name, shared, filter: { ...list.filter } }))
  }
  async function drop(view: SavedView): Promise<void> {
    await api.deleteView(view.id)
    views.value = views.value.filter((other) => other.id !== view.id)
  }
  return { views, current, load, show, save, drop }
})
