import { describe, expect, it } from "vitest"
import { zh } from "@/i18n/zh"
import type { Capabilities, Conversation } from "@/api/types"
import { limitsOf, obstacle } from "./limits"

const NOW = Date.parse("2026-11-22T04:00:00Z")
const capabilities = { sends: ["text", "image"], text_limit: 20, text_unit: "bytes", max_text: 30, media_limits: { image: 100 }, media_types: { image: ["image/png"] } } as unknown as Capabilities
const window = (minutes: number, replies: number | null) => ({ unlimited: false, expires_at: new Date(NOW + minutes * 60_000).toISOString(), replies_left: replies, open: true })
const limits = (text: string, change: { window?: Conversation["window"]; note?: boolean; paused?: boolean } = {}) =>
  limitsOf({ conversation: { window: change.window ?? null } as Conversation, text, note: change.note ?? false, paused: change.paused ?? false, capabilities }, NOW, zh)

describe("limits", () => {
  it("is silent while there is room", () => {
    expect(limits("你好")).toEqual({ refusal: null, over: 0, lines: [] })
  })
  it("counts bytes near the limit, then parts, then what is too much", () => {
    expect(limits("你好你好你").lines[0]!.text).toBe(zh.composer.bytesLeft(5))
    expect(limits("你好你好你好你").lines[0]!.text).toBe(zh.composer.parts(2))
    expect(limits("a".repeat(33))).toMatchObject({ over: 3 })
  })
  it("shows the window, and closes", () => {
    expect(limits("", { window: window(90, 4) }).lines.map((l) => l.text)).toEqual([zh.composer.repliesLeft(4), zh.composer.window("1:30:00")])
    expect(limits("", { window: window(-1, 4) }).refusal).toBe(zh.composer.windowClosed)
    expect(limits("", { window: window(9, 0) }).refusal).toBe(zh.composer.repliesUsedUp)
  })
  it("says who on the platform has the customer", () => {
    const there = (servicer_id: string | null, note = false) => limitsOf({ conversation: { window: window(90, 4), servicing: { servicer_id, at: "" } } as Conversation, text: "", note, paused: false, capabilities }, NOW, zh).refusal
    expect(there("zhangsan")).toBe(zh.wecom.servicers.with("zhangsan"))
    expect(there("")).toBe(zh.wecom.servicers.queued)
    expect(there(null)).toBeNull()
    expect(there("zhangsan", true)).toBeNull()
  })
  it("lets a note through a closed window and a paused channel", () => {
    expect(limits("x", { window: window(-1, 0), note: true, paused: true }).refusal).toBeNull()
    expect(limits("x", { paused: true }).refusal).toBe(zh.composer.paused)
  })
})

describe("files", () => {
  it("are refused by kind, type and size before they are sent", () => {
    expect(obstacle({ type: "image/png", size: 100 }, capabilities)).toBeNull()
    expect(obstacle({ type: "image/png", size: 101 }, capabilities)).toBe(100)
    expect(obstacle({ type: "image/webp", size: 1 }, capabilities)).toBe("type")
    expect(obstacle({ type: "application/pdf", size: 1 }, capabilities)).toBe("type")
    expect(obstacle({ type: "application/pdf", size: 21 * 2 ** 20 }, null)).toBe(20 * 2 ** 20)
  })
})
