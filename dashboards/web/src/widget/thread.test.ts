import { describe, expect, it } from "vitest"
import { readableOn } from "../../../widget/src/look"
import { Thread } from "../../../widget/src/thread"
import type { Entry } from "../../../widget/src/types"
import { en, zh } from "../../../widget/src/words"

const entry = (conversation: string, position: number, more: Partial<Entry> = {}): Entry => ({
  id: `${conversation}-${position}`, conversation_id: conversation, position, rank: position, mine: true, client_id: null,
  agent: null, face: null, text: String(position), files: [], at: "2026-11-20T00:00:00Z", seen: false, revision: 0, ...more,
})

describe("thread", () => {
  it("holds each entry once, in the order it is read", () => {
    const thread = new Thread()
    expect(thread.put(entry("b", 1))).toBe("new")
    thread.put(entry("a", 9))
    thread.put(entry("a", 10, { rank: 8.5 }))
    expect(thread.put(entry("b", 1))).toBe("same")
    expect(thread.put(entry("b", 1, { revision: 1 }))).toBe("changed")
    expect(thread.entries.map((each) => each.id)).toEqual(["a-10", "a-9", "b-1"])
  })

  it("resumes after the furthest place, whatever comes late", () => {
    const thread = new Thread()
    thread.put(entry("b", 3))
    thread.put(entry("b", 2))
    thread.put(entry("a", 99))
    expect(thread.place).toEqual({ conversation_id: "b", position: 3 })
  })

  it("knows its own by the id it said them with", () => {
    const thread = new Thread()
    thread.put(entry("a", 1, { client_id: "x" }))
    expect([thread.holds("x"), thread.holds("y")]).toEqual([true, false])
  })
})

describe("look and words", () => {
  it("writes black on light colours and white on dark ones", () => {
    expect([readableOn("#ffe000"), readableOn("#1f5eff"), readableOn("#000000")]).toEqual(["#000000", "#ffffff", "#ffffff"])
  })

  it("has every word in both languages", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
  })
})
