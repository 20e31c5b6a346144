import { addDays, dayOf, zoned } from "./time"

export interface SnoozeTime {
  key: "hour" | "evening" | "tomorrow" | "monday"
  at: Date
}

/** Times worth waiting until, in the workspace's zone; those past or closer than 10 minutes are left out. */
export function snoozeTimes(now: Date): SnoozeTime[] {
  const today = dayOf(now)
  const weekday = new Date(`${today}T00:00:00Z`).getUTCDay()
  const all: SnoozeTime[] = [
    { key: "hour", at: new Date(now.getTime() + 3_600_000) },
    { key: "evening", at: zoned(today, 18) },
    { key: "tomorrow", at: zoned(addDays(today, 1), 9) },
    { key: "monday", at: zoned(addDays(today, (8 - weekday) % 7 || 7), 9) },
  ]
  return all.filter((time) => time.at.getTime() > now.getTime() + 600_000)
}
