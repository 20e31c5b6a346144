/** Words of the company's lists in the messages of the open conversation, by message, from the lines that say so. */
import { defineStore } from "pinia"
import { computed } from "vue"
import { useThread } from "./thread"

export interface Noticed {
  list: string
  rule: string
  words: string[]
}

export const useNoticed = defineStore("noticed", () => {
  const thread = useThread()
  const byMessage = computed(() => {
    const found = new Map<string, Noticed[]>()
    for (const { kind, details } of thread.messages) {
      if (kind !== "activity" || details.action !== "words" || !details.about) continue
      const hit = { list: details.list ?? "", rule: details.rule ?? "", words: (details.words ?? "").split("\n") }
      found.set(details.about, [...(found.get(details.about) ?? []), hit])
    }
    return found
  })
  return { byMessage }
})
