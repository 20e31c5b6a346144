/**
 * Replies that may fit the customer's last question. Asked anew when the customer writes or is answered; what comes late
 * for another question is dropped. Without an answer from the server, prepared replies of the category stand in.
 */
import { computed, ref, watch } from "vue"
import { words, type Suggestion } from "@/api/words"
import { suggestions as prepared } from "@/lib/canned"
import { useWorkspace } from "@/stores/workspace"
import type { Conversation } from "@/api/types"

export type Offer = Pick<Suggestion, "text" | "source" | "count" | "question" | "conversation_id" | "message_id"> & { key: string }

export function useSuggestions(conversation: () => Conversation) {
  const workspace = useWorkspace()
  const found = ref<Suggestion[]>([])
  let asked = 0

  watch(
    () => [conversation().id, conversation().incoming_count, conversation().waiting_since],
    async ([id], before) => {
      const mine = ++asked
      if (before?.[0] !== id) found.value = []
      const items = conversation().waiting_since ? await words.suggestions(conversation().id).then((page) => page.items, () => []) : []
      if (mine === asked) found.value = items
    },
    { immediate: true },
  )
  const offers = computed<Offer[]>(() => {
    if (found.value.length) return found.value.map((each) => ({ ...each, key: each.canned_id ?? each.message_id ?? each.text }))
    return prepared(workspace.canned, conversation().category).map(({ id, content }) => ({ key: id, text: content, source: "canned", count: 0, question: null, conversation_id: null, message_id: null }))
  })
  return { offers }
}
