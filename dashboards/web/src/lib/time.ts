/** Times as people read them, always in the workspace's zone (IANA name), never the machine's. */
import { locale } from "@/i18n"

let zone = "Asia/Shanghai"
const formatters = new Map<string, Intl.DateTimeFormat>()

export function setZone(value: string): void {
  zone = value
  formatters.clear()
}

function format(at: Date, options: Intl.DateTimeFormatOptions, tag: string = locale.value): string {
  const key = tag + JSON.stringify(options)
  let formatter = formatters.get(key)
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(tag, { timeZone: zone, ...options })
    formatters.set(key, formatter)
  }
  return formatter.format(at)
}

/** "2026-11-22" in the workspace's zone. */
export function dayOf(at: Date): string {
  return format(at, { year: "numeric", month: "2-digit", day: "2-digit" }, "sv-SE")
}

/** "09:53" */
export function clock(iso: string): string {
  return format(new Date(iso), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
}

/** Whole days from the day of `iso` to the day of `now`; negative for the future. */
function daysAgo(iso: string, now: Date): number {
  return Math.round((Date.parse(dayOf(now)) - Date.parse(dayOf(new Date(iso)))) / 86_400_000)
}

export interface DayWords {
  today: string
  yesterday: string
}

/** For a list row: time today, "昨天", weekday within a week, then the date. */
export function listTime(iso: string, now: Date, words: DayWords): string {
  const ago = daysAgo(iso, now)
  const at = new Date(iso)
  if (ago <= 0) return clock(iso)
  if (ago === 1) return words.yesterday
  if (ago < 7) return format(at, { weekday: "short" })
  if (dayOf(at).slice(0, 4) === dayOf(now).slice(0, 4)) return format(at, { month: "numeric", day: "numeric" })
  return dayOf(at)
}

/** For a day separator: "今天", "昨天", "11月20日 周五". */
export function dayLabel(iso: string, now: Date, words: DayWords): string {
  const ago = daysAgo(iso, now)
  if (ago === 0) return words.today
  if (ago === 1) return words.yesterday
  const year = dayOf(new Date(iso)).slice(0, 4) === dayOf(now).slice(0, 4) ? undefined : ("numeric" as const)
  return format(new Date(iso), { year, month: "short", day: "numeric", weekday: "short" })
}

/** "2026-11-22 09:53" */
export function dateTime(iso: string): string {
  return `${dayOf(new Date(iso))} ${clock(iso)}`
}

/** "2026-11-22" */
export function date(iso: string): string {
  return dayOf(new Date(iso))
}

/** A countdown: "1:30" minutes and seconds below an hour, "47:05" with `h` hours above. Never below zero. */
export function countdown(milliseconds: number): string {
  const total = Math.max(0, Math.floor(milliseconds / 1000))
  const pad = (n: number) => String(n).padStart(2, "0")
  const hours = Math.floor(total / 3600)
  const minutes = Math.floor(total / 60) % 60
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(total % 60)}` : `${minutes}:${pad(total % 60)}`
}

export interface UnitWords {
  seconds: (n: string) => string
  minutes: (n: string) => string
  hours: (n: string) => string
  days: (n: string) => string
}

/** A length of time in its largest fitting unit: "45 秒", "3.5 分", "2 小时", "3 天". */
export function duration(seconds: number, words: UnitWords): string {
  const short = (n: number) => (n < 10 ? String(Math.round(n * 10) / 10) : String(Math.round(n)))
  if (seconds < 60) return words.seconds(String(Math.round(seconds)))
  if (seconds < 3600) return words.minutes(short(seconds / 60))
  if (seconds < 86_400) return words.hours(short(seconds / 3600))
  return words.days(short(seconds / 86_400))
}

/** The instant of `day` ("2026-11-22") at `hour` in the workspace's zone. */
export function zoned(day: string, hour: number, minute = 0): Date {
  const guess = Date.parse(`${day}T${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}:00Z`)
  const seen = format(new Date(guess), {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  }, "sv-SE")
  const offset = Date.parse(`${seen.replace(" ", "T")}Z`) - guess
  return new Date(guess - offset)
}

/** `day` moved by `days`. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10)
}
