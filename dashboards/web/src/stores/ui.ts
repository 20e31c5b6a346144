/** What a key or the palette asks of the screen; the component that can do it watches. */
import { defineStore } from "pinia"
import { ref } from "vue"

export type Ask = "reply" | "note" | "assign" | "label" | "snooze" | "search" | "resolve" | "next" | "previous"

export const useUi = defineStore("ui", () => {
  const asked = ref<{ what: Ask; n: number }>({ what: "reply", n: 0 })
  const palette = ref(false)
  const help = ref(false)
  const insert = ref<{ text: string; n: number }>({ text: "", n: 0 })

  function ask(what: Ask): void {
    asked.value = { what, n: asked.value.n + 1 }
  }
  /** Puts text into the composer; never sends it. */
  function put(text: string): void {
    insert.value = { text, n: insert.value.n + 1 }
  }
  return { asked, palette, help, insert, ask, put }
})
