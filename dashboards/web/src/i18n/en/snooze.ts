import type { snooze as zh } from "../zh/snooze"

export const snooze: typeof zh = { own: "Another time", day: "Day", time: "Time", past: "This time is over" }
