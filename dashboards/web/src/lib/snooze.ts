import { addDays, dayOf, zoned } from "./time"

export interface SnoozeTime {
  key: "hour" | "evening" | "tomorrow" | "monday"
  at: Date
}

/** Times worth waiting until, in the workspace's zone; those past, closer than 10 minutes or named twice are left out. */
export function snoozeTimes(now: Date): SnoozeTime[] {
  const today = dayOf(now)
  const weekday = new Date(`${today}T00:00:00Z`).getUTCDay()
  const all: SnoozeTime[] = [
    { key: "hour", at: new Date(now.getTime() + 3_600_000) },
    { key: "evening", at: zoned(today, 18) },
    { key: "tomorrow", at: zoned(addDays(today, 1), 9) },
    { key: "monday", at: zoned(addDays(today, (8 - weekday) % 7 || 7), 9) },
  ]
  return all.filter(({ at }, i) => at.getTime() > now.getTime() + 600_000 && all.findIndex((other) => other.at.getTime() === at.getTime()) === i)
}
