import { describe, expect, it } from "vitest"
import { change, readRange } from "./range"

describe("readRange", () => {
  it("counts both ends", () => {
    expect(readRange({ range: "7" }, "2026-11-22")).toEqual({ preset: "7", from: "2026-11-16", to: "2026-11-22" })
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
