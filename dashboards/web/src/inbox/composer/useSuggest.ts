/** The list over the composer: `/` brings canned replies into a reply, `@` colleagues into a note. */
import { nextTick, ref, type Ref } from "vue"
import { matching } from "@/lib/canned"
import { useSession } from "@/stores/session"
import { useWorkspace } from "@/stores/workspace"

export interface SuggestItem {
  key: string
  code: string
  title: string
  text: string
  insert: string
  from: number
}

export function useSuggest(area: Ref<HTMLTextAreaElement | undefined>, text: Ref<string>, note: Ref<boolean>, fill: (content: string) => string) {
  const workspace = useWorkspace()
  const session = useSession()
  const items = ref<SuggestItem[]>([])
  const chosen = ref(0)

  function close(): void {
    items.value = []
  }
  /** What is being asked for just before the cursor. */
  function found(): SuggestItem[] {
    const element = area.value
    if (!element || element.selectionStart !== element.selectionEnd) return []
    const before = element.value.slice(0, element.selectionStart)
    if (note.value) {
      const at = /@([^\s@]{0,20})$/.exec(before)
      if (!at) return []
      const q = at[1]!.toLowerCase()
      return workspace.agents
        .filter((a) => !a.disabled && a.id !== session.id && `${a.name} ${a.login}`.toLowerCase().includes(q))
        .slice(0, 8)
        .map((a) => ({ key: a.id, code: `@${a.name}`, title: "", text: a.login, insert: `@${a.name} `, from: at.index }))
    }
    const slash = /(?:^|\s)\/([^\s/]{0,24})$/.exec(before)
    if (!slash) return []
    const from = before.length - slash[1]!.length - 1
    return matching(workspace.canned, slash[1]!).map((r) => ({ key: r.id, code: `/${r.shortcut}`, title: r.title, text: r.content, insert: fill(r.content), from }))
  }
  function update(): void {
    items.value = found()
    chosen.value = 0
  }
  function pick(index: number): void {
    const item = items.value[index]
    const element = area.value
    if (!item || !element) return
    element.focus()
    element.setRangeText(item.insert, item.from, element.selectionStart, "end")
    text.value = element.value
    close()
  }
  function show(): void {
    void nextTick(() => area.value?.form?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" }))
  }
  /** True when the key was for the list. */
  function onKey(event: KeyboardEvent): boolean {
    const count = items.value.length
    if (count === 0 || event.ctrlKey || event.metaKey) return false
    if (event.key === "ArrowDown" || event.key === "ArrowUp") chosen.value = (chosen.value + (event.key === "ArrowDown" ? 1 : -1) + count) % count
    else if (event.key === "Enter" || event.key === "Tab") pick(chosen.value)
    else if (event.key === "Escape") close()
    else return false
    event.preventDefault()
    event.stopPropagation()
    show()
    return true
  }
  return { items, chosen, update, close, pick, onKey }
}
