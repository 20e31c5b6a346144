/** Single keys for people who live in the inbox; silent while typing, composing Chinese or in a dialog. */
import { onBeforeUnmount, onMounted } from "vue"

export function typing(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null
  return !!element?.closest?.("input, textarea, select, [contenteditable=true], [role=dialog], [role=listbox], .el-overlay")
}

/** A dialog that is fading out after Esc takes no key any more: the next one is meant for what lies beneath. */
const OPEN = ".el-overlay:not(.dialog-fade-leave-active) .el-overlay-dialog, .lightbox"

function covered(): boolean {
  return [...document.querySelectorAll(OPEN)].some((each) => each.checkVisibility())
}

export function useKeys(handlers: Record<string, () => void>): void {
  function onKey(event: KeyboardEvent): void {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    if (typing(event.target) || covered()) return
    const handler = handlers[event.key]
    if (!handler) return
    event.preventDefault()
    handler()
  }
  onMounted(() => document.addEventListener("keydown", onKey))
  onBeforeUnmount(() => document.removeEventListener("keydown", onKey))
}

export const mac = /Mac|iPhone|iPad/.test(navigator.platform)
export const modKey = mac ? "⌘" : "Ctrl"
