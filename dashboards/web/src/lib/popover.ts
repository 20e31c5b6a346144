/**
 * What an open popover owes the keyboard: its first entry has the focus, arrows walk its menu, Escape closes it wherever
 * the focus is and gives the focus back. Fields in it keep their keys.
 */
import { nextTick, onBeforeUnmount, watch, type Ref } from "vue"

const ENTRIES = '.el-popper[aria-hidden="false"] [role^="menuitem"]'
const STEPS: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 }

const entries = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(ENTRIES)].filter((each) => each.checkVisibility())

export function usePopover(open: Ref<boolean>): void {
  let before: HTMLElement | null = null

  function onKey(event: KeyboardEvent): void {
    if (event.isComposing) return
    // What is opened within it, as a calendar is, has its own keys.
    if ((event.target as HTMLElement | null)?.closest?.(":popover-open")) return
    if (event.key === "Escape") {
      event.preventDefault()
      event.stopPropagation()
      open.value = false
      before?.focus({ preventScroll: true })
      return
    }
    const step = STEPS[event.key]
    if (step === undefined || (event.target as HTMLElement | null)?.closest?.("input, textarea, select")) return
    const all = entries()
    if (all.length === 0) return
    event.preventDefault()
    const at = all.indexOf(document.activeElement as HTMLElement)
    all[(at + step + all.length + Number(at < 0 && step < 0)) % all.length]!.focus()
  }
  const stop = () => document.removeEventListener("keydown", onKey, true)

  watch(open, async (now) => {
    if (!now) return stop()
    before = document.activeElement as HTMLElement | null
    document.addEventListener("keydown", onKey, true)
    await nextTick()
    requestAnimationFrame(() => open.value && entries()[0]?.focus({ preventScroll: true }))
  })
  onBeforeUnmount(stop)
}
