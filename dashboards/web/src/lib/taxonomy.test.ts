import { describe, expect, it } from "vitest"
import { atThreshold, confusionTable, driftLine, exampleCount, orphaned, percent, tooFew } from "./taxonomy"

const category = (code: string) => ({ code, name_zh: `名${code}`, name_en: code, description: "" })

describe("a version's figures", () => {
  it("names what has too few examples", () => {
    const version = { categories: [category("a"), category("b"), category("c")], counts: { a: 5, b: 4 } }
    expect(tooFew(version)).toEqual(["名b", "名c"])
    expect(exampleCount(version)).toBe(9)
  })
  it("reads shares", () => {
    expect([percent(0), percent(0.053), percent(0.5), percent(1)]).toEqual(["0%", "5.3%", "50%", "100%"])
  })
  it("says what a threshold between two steps means", () => {
    const steps = [
      { threshold: 0.1, unknown: 0, right: 0.8, strangers: 0.4 },
      { threshold: 0.2, unknown: 0.2, right: 0.9, strangers: 0.6 },
    ]
    expect(atThreshold(steps, 0.05)).toEqual(steps[0])
    expect(atThreshold(steps, 0.15)).toEqual({ unknown: expect.closeTo(0.1), right: expect.closeTo(0.85), strangers: expect.closeTo(0.5) })
    expect(atThreshold(steps, 0.9)).toEqual(steps[1])
    expect(atThreshold([], 0.5)).toEqual({ unknown: 0, right: 0, strangers: null })
  })
  it("arranges confusions, with unknown and totals", () => {
    const categories = ["a", "b", "c"].map((code) => ({ code, examples: code === "c" ? 0 : 3, precision: null, recall: null }))
    const confusion = [
      { truth: "a", read: "a", count: 2 },
      { truth: "a", read: "b", count: 1 },
      { truth: "b", read: null, count: 3 },
    ]
    expect(confusionTable({ categories, confusion })).toEqual({
      codes: ["a", "b"],
      rows: [
        { code: "a", counts: [2, 1], unknown: 0, total: 3 },
        { code: "b", counts: [0, 0], unknown: 3, total: 3 },
      ],
    })
  })
  it("draws the share corrected, and a day without messages at the bottom", () => {
    const day = (read: number, corrected: number) => ({ id: "d", read, corrected, category_judged: 0, category_right: 0, sentiment_judged: 0, sentiment_right: 0 })
    expect(driftLine([day(0, 0), day(10, 5), day(10, 1)], 100, 10)).toEqual({ points: "0.0,10.0 50.0,0.0 100.0,8.0", top: 0.5 })
  })
  it("knows the teams that would get nothing", () => {
    const teams = [{ name: "甲", categories: ["a"] }, { name: "乙", categories: ["a", "x"] }]
    expect(orphaned(teams, ["a"])).toEqual(["乙"])
  })
})
