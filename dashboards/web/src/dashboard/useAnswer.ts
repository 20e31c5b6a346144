/** One answer of the server, asked again when what is asked changes; the answer before stays until the new one is in. */
import { onBeforeUnmount, shallowRef, watch } from "vue"
import { errorText } from "@/lib/notify"

export function useAnswer<A, Q>(asked: () => Q, ask: (query: Q, signal: AbortSignal) => Promise<A>) {
  const answer = shallowRef<A | null>(null)
  const problem = shallowRef("")
  let asking: AbortController | undefined

  async function load(): Promise<void> {
    asking?.abort()
    const mine = (asking = new AbortController())
    try {
      const found = await ask(asked(), mine.signal)
      if (mine.signal.aborted) return
      answer.value = found
      problem.value = ""
    } catch (error) {
      if (!mine.signal.aborted) problem.value = errorText(error)
    }
  }
  watch(() => JSON.stringify(asked()), () => void load(), { immediate: true })
  onBeforeUnmount(() => asking?.abort())
  return { answer, problem, load }
}
