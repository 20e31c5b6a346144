/**
 * Rows of a long list near what is seen; the others stand empty at the height the browser remembers of them. A list that
 * is not long is made whole.
 */
import { onBeforeUnmount, ref, watch, type Ref } from "vue"

export const WHOLE = 200
/** Rows made on each side beyond those seen, and the step in which the window moves. */
const AROUND = 30
const STEP = 10

/** The first of `count` rows, top to bottom, that ends below `y`; the last when none does. Pure. */
export function rowAt(count: number, endOf: (row: number) => number, y: number): number {
  let [low, high] = [0, Math.max(0, count - 1)]
  while (low < high) {
    const middle = (low + high) >> 1
    if (endOf(middle) > y) high = middle
    else low = middle + 1
  }
  return low
}

export function useWindow(scroller: Ref<HTMLElement | undefined>, count: () => number): (row: number) => boolean {
  const first = ref(0)
  const last = ref(WHOLE)
  let frame = 0

  function look(): void {
    frame = 0
    const box = scroller.value
    const rows = box?.querySelector("ul")?.children
    if (!box || !rows || count() <= WHOLE) return
    const { top, bottom } = box.getBoundingClientRect()
    const endOf = (row: number) => rows[row]!.getBoundingClientRect().bottom
    first.value = Math.floor((rowAt(rows.length, endOf, top) - AROUND) / STEP) * STEP
    last.value = Math.ceil((rowAt(rows.length, endOf, bottom) + AROUND) / STEP) * STEP
  }
  const soon = () => (frame ||= requestAnimationFrame(look))

  watch(scroller, (box, before) => {
    before?.removeEventListener("scroll", soon)
    box?.addEventListener("scroll", soon, { passive: true })
  })
  watch(count, soon, { flush: "post" })
  onBeforeUnmount(() => {
    cancelAnimationFrame(frame)
    scroller.value?.removeEventListener("scroll", soon)
  })
  return (row) => count() <= WHOLE || (row >= first.value && row <= last.value)
}
