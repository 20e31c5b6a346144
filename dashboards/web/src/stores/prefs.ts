/** What an agent chose for this device; theme and language also go to the account. */
import { defineStore } from "pinia"
import { ref } from "vue"
import { api } from "@/api"
import type { Agent, Locale, Theme } from "@/api/types"
import { setLocale } from "@/i18n"
import { read, write } from "@/lib/storage"

export type SendKey = "mod" | "enter"
const system = window.matchMedia("(prefers-color-scheme: dark)")

export const usePrefs = defineStore("prefs", () => {
  const theme = ref<Theme>((read("scrm.theme") as Theme) ?? "system")
  const locale = ref<Locale>(read("scrm.locale") === "en" ? "en" : "zh-CN")
  const sendKey = ref<SendKey>(read("scrm.sendKey") === "enter" ? "enter" : "mod")
  /** How an agent who looks elsewhere is called. */
  const sound = ref(read("scrm.sound") !== "off")
  const desktop = ref(read("scrm.desktop") === "on")
  const dark = ref(false)

  function paint(): void {
    dark.value = theme.value === "dark" || (theme.value === "system" && system.matches)
    document.documentElement.classList.toggle("dark", dark.value)
  }
  function apply(): void {
    setLocale(locale.value)
    paint()
  }
  function chooseTheme(value: Theme, keep = true): void {
    theme.value = value
    write("scrm.theme", value)
    paint()
    if (keep) void api.patchMe({ theme: value }).catch(() => undefined)
  }
  function chooseLocale(value: Locale, keep = true): void {
    locale.value = value
    write("scrm.locale", value)
    setLocale(value)
    if (keep) void api.patchMe({ locale: value }).catch(() => undefined)
  }
  function chooseSendKey(value: SendKey): void {
    sendKey.value = value
    write("scrm.sendKey", value)
  }
  function chooseSound(on: boolean): void {
    sound.value = on
    write("scrm.sound", on ? "on" : "off")
  }
  function chooseDesktop(on: boolean): void {
    desktop.value = on
    write("scrm.desktop", on ? "on" : "off")
  }
  /** A device without a choice of its own takes the account's. */
  function adopt(me: Agent): void {
    if (read("scrm.theme") === null && ["system", "light", "dark"].includes(me.theme)) chooseTheme(me.theme as Theme, false)
    if (read("scrm.locale") === null) chooseLocale(me.locale === "en" ? "en" : "zh-CN", false)
  }
  system.addEventListener("change", paint)
  return { theme, locale, sendKey, sound, desktop, dark, apply, chooseTheme, chooseLocale, chooseSendKey, chooseSound, chooseDesktop, adopt }
})
