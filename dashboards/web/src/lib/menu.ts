/** An account's menu while it is edited: what each button needs and may hold. The server checks the same again. Pure. */
import type { AccountMenu, MenuAction, MenuButton } from "@/api/accounts"
import { byteLength } from "./text"

export const MAX_BUTTONS = 3
export const MAX_CHILDREN = 5
export const NAME_BYTES = 16
export const CHILD_NAME_BYTES = 60
export const KEY_BYTES = 128

export type Need = "key" | "url" | "app_id" | "page_path" | "media_id"
/** Offered in the editor, the usual first; of each, what it needs. */
export const KINDS: Record<string, Need[]> = {
  click: ["key"],
  view: ["url"],
  miniprogram: ["app_id", "page_path", "url"],
  scancode_waitmsg: ["key"],
  scancode_push: ["key"],
  pic_photo_or_album: ["key"],
  pic_sysphoto: ["key"],
  pic_weixin: ["key"],
  location_select: ["key"],
  media_id: ["media_id"],
  article_id: ["media_id"],
  article_view_limited: ["media_id"],
}
/** Pressed, these tell the hub, which then does what is set up for the key. */
export const TELLING = new Set(["click", "scancode_waitmsg", "scancode_push"])

export const blankButton = (): MenuButton => ({ name: "", type: "click", key: "", url: "", app_id: "", page_path: "", media_id: "", children: [] })
export const blankAction = (key: string): MenuAction => ({ key, opens: false, team_id: null, answer: "" })

export type Problem = "name" | "nameLong" | "needs" | "keyLong" | "url" | "keyTwice"

/** What is wrong with a button; null when nothing is. */
export function problemOf(button: MenuButton, sub: boolean, all: readonly MenuButton[]): Problem | null {
  if (!button.name.trim()) return "name"
  if (byteLength(button.name) > (sub ? CHILD_NAME_BYTES : NAME_BYTES)) return "nameLong"
  if (button.children.length) return null
  const needs = KINDS[button.type] ?? []
  if (needs.some((need) => !button[need].trim())) return "needs"
  if (needs.includes("key") && byteLength(button.key) > KEY_BYTES) return "keyLong"
  if (needs.includes("url") && !/^https?:\/\/[^\s/]+/.test(button.url)) return "url"
  if (needs.includes("key") && flat(all).filter((other) => !other.children.length && other.key === button.key && KINDS[other.type]?.includes("key")).length > 1) return "keyTwice"
  return null
}

export const flat = (buttons: readonly MenuButton[]): MenuButton[] => buttons.flatMap((button) => [button, ...button.children])

/** The menu as it is sent: only what each button needs, and only actions of keys it still has. */
export function cleaned(buttons: readonly MenuButton[], actions: readonly MenuAction[]): { buttons: object[]; actions: MenuAction[] } {
  const plain = (button: MenuButton): object => {
    const needs = KINDS[button.type] ?? []
    const has = (need: Need) => (needs.includes(need) ? button[need].trim() : "")
    return { name: button.name.trim(), type: button.type, key: has("key"), url: has("url"), app_id: has("app_id"), page_path: has("page_path"), media_id: has("media_id") }
  }
  const keys = new Set(flat(buttons).filter((button) => !button.children.length && TELLING.has(button.type)).map((button) => button.key.trim()))
  return {
    buttons: buttons.map((button) => (button.children.length ? { name: button.name.trim(), children: button.children.map(plain) } : plain(button))),
    actions: actions.filter((action) => keys.has(action.key) && (action.opens || action.team_id || action.answer.trim())),
  }
}

export const sameMenu = (a: Pick<AccountMenu, "buttons" | "actions">, b: Pick<AccountMenu, "buttons" | "actions">): boolean =>
  JSON.stringify(cleaned(a.buttons, a.actions)) === JSON.stringify(cleaned(b.buttons, b.actions))
