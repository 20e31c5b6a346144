import { describe, expect, it } from "vitest"
import type { Conversation } from "@/api/types"
import { deadlineOf, isDue, windowState } from "./deadline"

const NOW = Date.parse("2026-11-22T04:00:00Z")
const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString()
const conversation = (change: Partial<Conversation>) => ({ status: "open", waiting_since: null, window: null, ...change }) as Conversation

describe("deadlineOf", () => {
  it("is silent while nobody waits, and at first", () => {
    expect(deadlineOf(conversation({}), NOW)).toBeNull()
    expect(deadlineOf(conversation({ waiting_since: at(-4) }), NOW)).toBeNull()
  })
  it("shows the wait after five minutes and is hot after ten", () => {
    expect(deadlineOf(conversation({ waiting_since: at(-6) }), NOW)).toEqual({ kind: "waiting", left: 360_000, hot: false })
    expect(deadlineOf(conversation({ waiting_since: at(-10) }), NOW)?.hot).toBe(true)
  })
  it("prefers a reply window that closes within two hours", () => {
    const window = { unlimited: false, expires_at: at(90), replies_left: 2, open: true }
    expect(deadlineOf(conversation({ waiting_since: at(-60), window }), NOW)).toEqual({ kind: "window", left: 5_400_000, hot: true })
    expect(deadlineOf(conversation({ window }), NOW)).toBeNull()
  })
  it("goes by what was promised, where something was", () => {
    const deadline = { clause: "first_response" as const, near_at: at(-1), at: at(2), target: 300 }
    expect(deadlineOf(conversation({ waiting_since: at(-20), deadline }), NOW)).toEqual({ kind: "due", left: 120_000, hot: false })
    expect(deadlineOf(conversation({ waiting_since: at(-20), deadline: { ...deadline, at: at(-1) } }), NOW)).toEqual({ kind: "due", left: -60_000, hot: true })
    expect(deadlineOf(conversation({ waiting_since: at(-20), deadline: { ...deadline, near_at: at(1) } }), NOW)).toBeNull()
    expect(deadlineOf(conversation({ deadline: { ...deadline, clause: "resolution" } }), NOW)?.kind).toBe("due")
    expect([isDue("soon", deadline, NOW), isDue("missed", deadline, NOW), isDue("missed", deadline, NOW + 180_000)]).toEqual([true, false, true])
  })
  it("asks nothing of a resolved conversation", () => {
    expect(deadlineOf(conversation({ status: "resolved", waiting_since: at(-60) }), NOW)).toBeNull()
  })
})

describe("windowState", () => {
  it("counts down to the end and then is closed, though the server said open", () => {
    const window = { unlimited: false, expires_at: at(1), replies_left: 3, open: true }
    expect(windowState(window, NOW)).toEqual({ open: true, left: 60_000, replies: 3 })
    expect(windowState(window, NOW + 60_000)).toEqual({ open: false, reason: "window_closed" })
  })
  it("says when the replies are used up", () => {
    expect(windowState({ unlimited: false, expires_at: at(60), replies_left: 0, open: false }, NOW)).toEqual({ open: false, reason: "replies_used_up" })
  })
  it("says that the time is over, whatever number of replies is left", () => {
    expect(windowState({ unlimited: false, expires_at: null, replies_left: 0, open: false }, NOW)).toEqual({ open: false, reason: "window_closed" })
    expect(windowState({ unlimited: false, expires_at: at(-1), replies_left: 0, open: false }, NOW)).toEqual({ open: false, reason: "window_closed" })
  })
  it("knows no end without a rule", () => {
    expect(windowState(null, NOW)).toEqual({ open: true, left: null, replies: null })
    expect(windowState({ unlimited: true, expires_at: null, replies_left: null, open: true }, NOW).open).toBe(true)
  })
})
