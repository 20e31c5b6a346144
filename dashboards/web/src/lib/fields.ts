/** What people type for a day or a time, read as the one way both are written; and the calendar's page of a month. */

const half = (text: string): string => text.normalize("NFKC").trim()
const two = (n: number): string => String(n).padStart(2, "0")

/** "2026-11-02" of "2026-11-2", "2026/11/2", "2026.11.2", "2026年11月2日" or "20261102"; null for what is no day. */
export function parseDay(text: string): string | null {
  const found = /^(\d{4})(?:\D+(\d{1,2})\D+(\d{1,2})\D*|(\d{2})(\d{2}))$/.exec(half(text))
  if (!found) return null
  const [year, month, date] = [Number(found[1]), Number(found[2] ?? found[4]), Number(found[3] ?? found[5])]
  const at = new Date(Date.UTC(year, month - 1, date))
  return at.getUTCMonth() === month - 1 && at.getUTCDate() === date ? `${found[1]}-${two(month)}-${two(date)}` : null
}

/** "09:05" of "9:05", "9：05", "905", "0905" or "9"; null for what is no time. `end`: 24:00 is one. */
export function parseTime(text: string, end = false): string | null {
  const found = /^(\d{1,2})(?:\D?(\d{2}))?$/.exec(half(text))
  if (!found) return null
  const [hour, minute] = [Number(found[1]), Number(found[2] ?? 0)]
  const last = end ? 1440 : 1439
  return minute < 60 && hour * 60 + minute <= last ? `${two(hour)}:${two(minute)}` : null
}

/** `time` moved by minutes, within its day. */
export function moveTime(time: string, minutes: number, end = false): string {
  const [hour, minute] = time.split(":").map(Number) as [number, number]
  const at = Math.min(end ? 1440 : 1439, Math.max(0, hour * 60 + minute + minutes))
  return `${two(Math.floor(at / 60))}:${two(at % 60)}`
}

/** Whole weeks, Monday first, that hold `month` ("2026-11"): days as "2026-11-02". */
export function monthPage(month: string): string[][] {
  const first = Date.parse(`${month}-01`)
  const before = (new Date(first).getUTCDay() + 6) % 7
  const [year, number] = month.split("-").map(Number) as [number, number]
  const weeks = Math.ceil((before + new Date(Date.UTC(year, number, 0)).getUTCDate()) / 7)
  const day = (n: number): string => new Date(first + (n - before) * 86_400_000).toISOString().slice(0, 10)
  return Array.from({ length: weeks }, (_, week) => Array.from({ length: 7 }, (__, at) => day(week * 7 + at)))
}

/** `month` ("2026-11") moved by months. */
export function moveMonth(month: string, by: number): string {
  const [year, number] = month.split("-").map(Number) as [number, number]
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7)
}
