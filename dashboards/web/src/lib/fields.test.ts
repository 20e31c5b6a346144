import { describe, expect, it } from "vitest"
import { monthPage, moveMonth, moveTime, parseDay, parseTime } from "./fields"

describe("parseDay", () => {
  it("reads the ways people write a day", () => {
    for (const text of ["2026-11-02", "2026-11-2", "2026/11/2", "2026.11.2", "2026年11月2日", "20261102", " ２０２６-11-02 "]) expect(parseDay(text)).toBe("2026-11-02")
  })
  it("knows no such day", () => {
    for (const text of ["", "2026-02-29", "2026-13-01", "2026-11-00", "11/02/2026", "2026-1102", "明天"]) expect(parseDay(text)).toBeNull()
    expect(parseDay("2028-02-29")).toBe("2028-02-29")
  })
})

describe("parseTime", () => {
  it("reads the ways people write a time", () => {
    for (const text of ["09:05", "9:05", "9：05", "905", "0905", "9.05"]) expect(parseTime(text)).toBe("09:05")
    expect(parseTime("9")).toBe("09:00")
  })
  it("knows no such time, and a day's end only where it may be", () => {
    for (const text of ["", "24:00", "9:60", "9:5", "25", "九点"]) expect(parseTime(text)).toBeNull()
    expect(parseTime("24:00", true)).toBe("24:00")
    expect(parseTime("24:01", true)).toBeNull()
  })
  it("moves within its day", () => {
    expect([moveTime("09:00", 15), moveTime("23:50", 15), moveTime("00:05", -15), moveTime("23:50", 15, true)]).toEqual(["09:15", "23:59", "00:00", "24:00"])
  })
})

describe("monthPage", () => {
  it("is whole weeks from Monday that hold the month and no more", () => {
    const page = monthPage("2026-11")
    expect([page.length, page[0]![0], page[0]![6], page.at(-1)![6]]).toEqual([6, "2026-10-26", "2026-11-01", "2026-12-06"])
    expect(monthPage("2027-02")).toHaveLength(4)
  })
  it("turns over years", () => {
    expect([moveMonth("2026-12", 1), moveMonth("2026-01", -1)]).toEqual(["2027-01", "2025-12"])
  })
})
