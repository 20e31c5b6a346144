/** Whether the line to the server stands. `lost` only after a moment, so that a blip does not flash a bar. */
import { defineStore } from "pinia"
import { ref } from "vue"
import type { SocketState } from "@/realtime/socket"

const GRACE = 1200

export const useConnection = defineStore("connection", () => {
  const state = ref<SocketState>("idle")
  const lost = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined

  function set(next: SocketState): void {
    state.value = next
    if (next === "open" || next === "idle") {
      clearTimeout(timer)
      timer = undefined
      lost.value = false
    } else if (!lost.value && timer === undefined) {
      timer = setTimeout(() => (lost.value = true), GRACE)
    }
  }
  return { state, lost, set }
})
