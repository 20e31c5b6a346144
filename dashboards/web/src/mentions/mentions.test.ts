import { expect, test } from "vitest"
import { alertAsk, growth, percent, pointAsk, readAsk, readHeaders, spanOf } from "./mentions"

const NOW = new Date("2026-11-20T02:10:30Z")

test("a range is whole hours or whole days of the workspace", () => {
  expect(spanOf("24h", NOW)).toEqual({ since: "2026-11-19T03:00:00.000Z", until: "2026-11-20T02:11:00.000Z" })
  expect(spanOf("7d", NOW).since).toBe("2026-11-13T16:00:00.000Z")
})

test("the URL is the filter, and what it cannot mean is left out", () => {
  const ask = readAsk({ range: "7d", monitor: "m1", stream: "messages", sentiment: "angry", kind: "post", reach: "x", firsts: "1", q: "蓝鲸" }, NOW)
  expect([ask.range, ask.monitor, ask.stream, ask.part]).toEqual(["7d", "m1", "messages", false])
  expect(ask.filter).toMatchObject({ kind: "post", sentiment: undefined, reach: undefined, firsts: "true", q: "蓝鲸" })
  expect(readAsk({ range: "9y", story: "s", firsts: "1" }, NOW)).toMatchObject({ range: "30d", filter: { story_id: "s", firsts: undefined } })
  const part = readAsk({ since: "2026-11-19T00:00:00Z", until: "2026-11-19T01:00:00Z" }, NOW)
  expect([part.part, part.filter.since]).toEqual([true, "2026-11-19T00:00:00.000Z"])
  expect(readAsk({ since: "soon", until: "2026-11-19T01:00:00Z" }, NOW).part).toBe(false)
})

test("a bar opens exactly its hour or day", () => {
  expect(pointAsk("2026-11-19T16:00:00Z", "hour")).toEqual({ since: "2026-11-19T16:00:00Z", until: "2026-11-19T16:59:59.999Z" })
  expect(pointAsk("2026-11-19T16:00:00Z", "day").until).toBe("2026-11-20T15:59:59.999Z")
})

test("an alert opens what it counted", () => {
  const topic = { since: "a", until: "b" }
  expect(alertAsk({ monitor_id: "m", stream: "mentions", mood: true, topic })).toEqual({ monitor: "m", stream: "mentions", since: "a", until: "b", sentiment: "negative" })
})

test("figures and headers", () => {
  expect([growth(27, 20), growth(18, 20), growth(5, 0)]).toEqual(["+35%", "−10%", ""])
  expect(percent(0.3333)).toBe("33.3%")
  expect(readHeaders("Cookie: SUB=1; a=b\n\nX-Key:v")).toEqual({ Cookie: "SUB=1; a=b", "X-Key": "v" })
  expect(readHeaders("no header")).toBeNull()
})
