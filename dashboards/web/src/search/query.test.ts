import { expect, test } from "vitest"
import { apiQuery, days, pieces, readAsked, writeAsked } from "./query"

test("the URL keeps the question and its filters, and nothing without a question", () => {
  const asked = { q: "退货 运费", newest: true, filters: { in: "c1", when: "7" } }
  expect(writeAsked(asked)).toEqual({ q: "退货 运费", in: "c1", when: "7", sort: "newest" })
  expect(readAsked(writeAsked(asked) as never)).toEqual(asked)
  expect(writeAsked({ ...asked, q: " " })).toEqual({})
  expect(readAsked({ q: ["a", "b"], in: "" } as never)).toEqual({ q: "", newest: false, filters: {} })
  expect(readAsked({ q: "x".repeat(500) } as never).q).toHaveLength(100)
})

test("filters reach the API under its names", () => {
  const asked = { q: "a", newest: false, filters: { in: "c1", who: "me", label: "l", category: "k", mood: "negative", kind: "note", when: "30" } } as const
  expect(apiQuery(asked, "2026-11-22")).toEqual({
    q: "a", limit: 20, sort: null, channel_id: "c1", assignee: "me", label_id: "l", category: "k", sentiment: "negative", kind: "note",
    first_day: "2026-10-24", last_day: null,
  })
})

test("a span counts its last day in; either end may be open", () => {
  expect(days("today", "2026-11-22")).toEqual(["2026-11-22", null])
  expect(days("2026-11-01~", "2026-11-22")).toEqual(["2026-11-01", null])
  expect(days("~2026-11-03", "2026-11-22")).toEqual([null, "2026-11-03"])
  expect(days("nonsense~<b>", "2026-11-22")).toEqual([null, null])
})

test("marks cut the text into pieces and never lose or double any of it", () => {
  const shown = { text: "😀 退货的<b>运费", marks: [[3, 5], [9, 11], [10, 30]] as [number, number][], cut_before: false, cut_after: false }
  expect(pieces(shown)).toEqual([
    { text: "😀 ", hit: false }, { text: "退货", hit: true }, { text: "的<b>", hit: false }, { text: "运费", hit: true },
  ])
  expect(pieces({ ...shown, marks: [] })).toEqual([{ text: shown.text, hit: false }])
})
