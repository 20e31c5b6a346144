/** Times in the visitor's own zone and language. */
import type { Words } from "./words"

const locale = (language: "zh" | "en"): string => (language === "zh" ? "zh-CN" : "en-GB")

/** withDay: a moment that may be another day. */
export function clock(at: string, language: "zh" | "en", withDay = false): string {
  const options: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hour12: false }
  if (withDay) Object.assign(options, { weekday: "short" })
  return new Intl.DateTimeFormat(locale(language), options).format(new Date(at))
}

export function dayOf(at: string, t: Words, language: "zh" | "en", now = new Date()): string {
  const day = new Date(at)
  const midnight = (date: Date): number => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
  const days = Math.round((midnight(now) - midnight(day)) / 86_400_000)
  if (days === 0) return t.today
  if (days === 1) return t.yesterday
  const options: Intl.DateTimeFormatOptions = { month: "long", day: "numeric" }
  if (day.getFullYear() !== now.getFullYear()) options.year = "numeric"
  return new Intl.DateTimeFormat(locale(language), options).format(day)
}
