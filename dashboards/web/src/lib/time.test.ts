import { beforeEach, describe, expect, it } from "vitest"
import { locale } from "@/i18n"
import { zh } from "@/i18n/zh"
import { snoozeTimes } from "./snooze"
import { clock, countdown, dateTime, dayLabel, duration, listTime, setZone, zoned } from "./time"

const NOW = new Date("2026-11-22T04:00:00Z") // Sunday noon in Shanghai

beforeEach(() => {
  setZone("Asia/Shanghai")
  locale.value = "zh-CN"
})

describe("times in the workspace's zone", () => {
  it("reads midnight as 00, never 24", () => {
    expect(clock("2026-11-21T16:00:00Z")).toBe("00:00")
    expect(dateTime("2026-11-21T16:05:00Z")).toBe("2026-11-22 00:05")
  })
  it("changes the day at Shanghai's midnight", () => {
    expect(listTime("2026-11-21T16:30:00Z", NOW, zh.thread)).toBe("00:30")
    expect(listTime("2026-11-21T15:59:00Z", NOW, zh.thread)).toBe("昨天")
  })
  it("grows coarser with age", () => {
    expect(listTime("2026-11-18T04:00:00Z", NOW, zh.thread)).toBe("周三")
    expect(listTime("2026-11-01T04:00:00Z", NOW, zh.thread)).toBe("11/1")
    expect(listTime("2025-12-31T04:00:00Z", NOW, zh.thread)).toBe("2025-12-31")
  })
  it("labels days", () => {
    expect(dayLabel("2026-11-22T01:00:00Z", NOW, zh.thread)).toBe("今天")
    expect(dayLabel("2026-11-21T01:00:00Z", NOW, zh.thread)).toBe("昨天")
    expect(dayLabel("2026-11-16T01:00:00Z", NOW, zh.thread)).toMatch(/11月16日.*周一/)
    expect(dayLabel("2025-11-16T01:00:00Z", NOW, zh.thread)).toContain("2025")
  })
  it("follows another zone", () => {
    setZone("America/New_York")
    expect(clock("2026-11-22T04:00:00Z")).toBe("23:00")
  })
})

describe("countdown", () => {
  it.each([[90_000, "1:30"], [59_999, "0:59"], [3_600_000, "1:00:00"], [169_205_000, "47:00:05"], [-5, "0:00"]])("%d ms is %s", (ms, text) => {
    expect(countdown(ms)).toBe(text)
  })
})

describe("duration", () => {
  it.each([[45, "45 秒"], [72, "1.2 分"], [610, "10 分"], [5400, "1.5 小时"], [259_200, "3 天"]])("%d s is %s", (s, text) => {
    expect(duration(s, zh.unit)).toBe(text)
  })
})

describe("snoozing", () => {
  it("finds nine o'clock in the workspace's zone, over a change of clocks too", () => {
    expect(zoned("2026-11-23", 9).toISOString()).toBe("2026-11-23T01:00:00.000Z")
    setZone("America/New_York")
    expect(zoned("2026-11-01", 9).toISOString()).toBe("2026-11-01T14:00:00.000Z")
    expect(zoned("2026-10-31", 9).toISOString()).toBe("2026-10-31T13:00:00.000Z")
  })
  it("offers only times to come, each once", () => {
    expect(snoozeTimes(NOW).map((s) => [s.key, s.at.toISOString()])).toEqual([
      ["hour", "2026-11-22T05:00:00.000Z"],
      ["evening", "2026-11-22T10:00:00.000Z"],
      ["tomorrow", "2026-11-23T01:00:00.000Z"],
    ])
    expect(snoozeTimes(new Date("2026-11-24T04:00:00Z")).at(-1)).toEqual({ key: "monday", at: new Date("2026-11-30T01:00:00.000Z") })
    expect(snoozeTimes(new Date("2026-11-22T12:00:00Z")).map((s) => s.key)).not.toContain("evening")
  })
})
