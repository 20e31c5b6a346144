import { expect, it } from "vitest"
import type { Agent } from "@/api/types"
import { atWork, moodsOf, waited } from "./wall"

const agent = (name: string, availability: string, open: number, capacity: number, more = {}) => ({ name, availability, open_conversations: open, capacity, disabled: false, ...more }) as unknown as Agent

it("shows who is at work, the fullest first", () => {
  const shown = atWork([agent("忙", "busy", 9, 10), agent("空", "online", 1, 10), agent("满", "online", 10, 10), agent("休", "offline", 0, 10), agent("走", "online", 0, 10, { disabled: true })])
  expect(shown.map((each) => each.name)).toEqual(["满", "空", "忙"])
})
it("adds moods up over categories", () => {
  expect(moodsOf([{ category: "a", sentiment: "negative", count: 2 }, { category: null, sentiment: "negative", count: 1 }, { category: "a", sentiment: "positive", count: 4 }])).toEqual({ negative: 3, neutral: 0, positive: 4 })
})
it("counts a wait up, over hours and a night", () => {
  const since = "2026-11-22T10:00:00Z"
  const after = (seconds: number) => waited(since, Date.parse(since) + seconds * 1000)
  expect([after(-5), after(42), after(725), after(12011), after(3600 * 30), after(3600 * 50)]).toEqual(["0:00", "0:42", "12:05", "3:20:11", "30:00:00", "50:00:00"])
})
