/** Words on screen. `useT()` gives the current dictionary; templates read `t.inbox.title`, code `t.value.inbox.title`. */
import { computed, shallowRef, type ComputedRef } from "vue"
import type { Locale } from "@/api/types"
import { en } from "./en"
import { zh, type Dictionary } from "./zh"

export const locale = shallowRef<Locale>("zh-CN")
const dictionary = computed<Dictionary>(() => (locale.value === "en" ? en : zh))

export function useT(): ComputedRef<Dictionary> {
  return dictionary
}

export function setLocale(value: Locale): void {
  locale.value = value
  document.documentElement.lang = value
}
