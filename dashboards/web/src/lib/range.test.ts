import { describe, expect, it } from "vitest"
import { change, known, monthBefore, readCompared, readRange, waysToCompare } from "./range"

describe("readRange", () => {
  it("counts both ends", () => {
    expect(readRange({ range: "7" }, "2026-11-22")).toEqual({ preset: "7", from: "2026-11-16", to: "2026-11-22" })
    expect(readRange({ range: "90" }, "2026-11-22")).toEqual({ preset: "90", from: "2026-08-25", to: "2026-11-22" })
    expect(readRange({}, "2026-11-22")).toEqual({ preset: "30", from: "2026-10-24", to: "2026-11-22" })
    expect(readRange({ range: "today" }, "2026-11-22")).toEqual({ preset: "today", from: "2026-11-22", to: "2026-11-22" })
  })
  it("turns a range round and ignores nonsense", () => {
    expect(readRange({ range: "custom", from: "2026-11-20", to: "2026-11-01" }, "2026-11-22")).toEqual({ preset: "custom", from: "2026-11-01", to: "2026-11-20" })
    expect(readRange({ range: "custom", from: "x", to: "2026-11-01" }, "2026-11-22").preset).toBe("30")
  })
})

it("compares only with something", () => {
  expect(change(12, 10)).toBeCloseTo(0.2)
  expect(change(12, 0)).toBeNull()
  expect(change(null, 3)).toBeNull()
})

it("knows how much of the other range there is", () => {
  expect(known(null, "2026-10-23")).toBe("all")
  expect(known("2026-10-02", "2026-10-23")).toBe("part")
  expect(known("2026-10-23", "2026-10-23")).toBe("part")
  expect(known("2026-10-24", "2026-10-23")).toBe("none")
})

describe("what a range is compared with", () => {
  const week = readRange({ range: "7" }, "2026-11-22")
  it("is the period before unless the URL says otherwise", () => {
    expect(readCompared({}, week)).toEqual({ against: "previous", from: "2026-11-09", to: "2026-11-15" })
    expect(readCompared({ compare: "week" }, week)).toEqual({ against: "week", from: "2026-11-09", to: "2026-11-15" })
    expect(readCompared({ compare: "month" }, week)).toEqual({ against: "month", from: "2026-10-16", to: "2026-10-22" })
    expect(readCompared({ compare: "custom", cfrom: "2026-03-09", cto: "2026-03-01" }, week)).toEqual({ against: "custom", from: "2026-03-01", to: "2026-03-09" })
    expect(readCompared({ compare: "custom", cfrom: "x" }, week).against).toBe("previous")
  })
  it("never overlaps by itself", () => {
    const month = readRange({}, "2026-11-22")
    expect(waysToCompare(month)).toEqual(["previous", "custom"])
    expect(readCompared({ compare: "week" }, month)).toEqual({ against: "previous", from: "2026-09-24", to: "2026-10-23" })
  })
  it("knows short months", () => {
    expect(monthBefore("2026-03-31")).toBe("2026-02-28")
    expect(monthBefore("2026-01-15")).toBe("2025-12-15")
  })
})
