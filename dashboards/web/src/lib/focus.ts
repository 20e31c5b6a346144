/**
 * Who works by keys keeps their place: a control that was busy has the focus again once it is not, what takes the place
 * of a control that went has it, and a closed dialog gives it back. The pointer's place is the pointer's own business.
 */
const OVERLAY = ".el-overlay"
const CONTROL = "button:not(:disabled), a[href], select:not(:disabled)"
const PAGE = "main, .app, .page, .inner, .inbox"
/** How far around a control that went its successor is looked for: further away it would be another place. */
const NEAR = 3

let last: HTMLElement | null = null
let around: HTMLElement[] = []
let back: HTMLElement | null = null
let keyed = false

const lost = (): boolean => document.activeElement === document.body
const usable = (element: HTMLElement): boolean => element.isConnected && !element.matches(":disabled") && element.checkVisibility()
function above(element: HTMLElement): HTMLElement[] {
  const found: HTMLElement[] = []
  for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) found.push(at)
  return found
}

function successor(gone: HTMLElement): HTMLElement | null {
  if (around.some((each) => each.matches(OVERLAY))) return back && usable(back) ? back : null
  for (const place of around.slice(0, NEAR)) {
    if (place.matches(PAGE)) return null
    if (!place.isConnected) continue
    const all = [...place.querySelectorAll<HTMLElement>(`${CONTROL}, [role="log"]`)].filter(usable)
    const found = all.find((each) => each.className === gone.className) ?? all.at(-1)
    if (found) return found
  }
  return null
}
function restore(): void {
  if (!keyed || !last || !lost()) return
  // Busy: its turn comes again. Until then the next Tab goes on from there.
  if (last.isConnected && last.matches(":disabled")) return
  (usable(last) ? last : successor(last))?.focus({ preventScroll: true })
}

export function keepFocus(): void {
  document.addEventListener("keydown", () => {
    keyed = true
    if (lost()) last = null
  }, true)
  document.addEventListener("pointerdown", () => (keyed = false), true)
  document.addEventListener("focusin", (event) => {
    const now = event.target as HTMLElement
    if (last && now.closest(OVERLAY) && !around.some((each) => each.matches(OVERLAY))) back = last
    last = now
    around = above(now)
  })
  // Let go on purpose, as Escape does in a field: it stays where it is and could have the focus.
  document.addEventListener("focusout", (event) => queueMicrotask(() => {
    if (event.target === last && last && lost() && usable(last) && !last.closest(OVERLAY)) last = null
  }))
  new MutationObserver(restore).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["disabled", "style"] })
}
