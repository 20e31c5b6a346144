import { describe, expect, it } from "vitest"
import { rowAt } from "./useWindow"

describe("the rows that are seen", () => {
  const ends = [60, 140, 200, 290]
  const at = (y: number) => rowAt(ends.length, (row) => ends[row]!, y)
  it("begin with the first that ends below the top", () => {
    expect([0, 59, 60, 139, 140, 250].map(at)).toEqual([0, 0, 1, 1, 2, 3])
  })
  it("end with the last row, and with none in an empty list", () => {
    expect(at(9_999)).toBe(3)
    expect(rowAt(0, () => 0, 10)).toBe(0)
  })
})
