import { describe, expect, it } from "vitest"
import type { Conversation } from "@/api/types"
import { callFor } from "./calls"

const mine = (change: Partial<Conversation> = {}) =>
  ({ id: "c", status: "open", assignee_id: "me", unread: 0, incoming_count: 3, ...change }) as Conversation
const written = mine({ unread: 1, incoming_count: 4 })

describe("an agent is called", () => {
  it("for what a customer of theirs writes, once a message", () => {
    expect(callFor(mine(), written, "me")).toBe("message")
    expect(callFor(undefined, written, "me")).toBe("message")
    expect(callFor(written, written, "me")).toBeNull()
    expect(callFor(written, mine({ incoming_count: 4 }), "me")).toBeNull()
  })
  it("for what becomes theirs", () => {
    expect(callFor(mine({ assignee_id: null }), mine(), "me")).toBe("assigned")
    expect(callFor(mine({ assignee_id: "you" }), written, "me")).toBe("assigned")
  })
  it("for what comes back from later", () => {
    const later = mine({ status: "snoozed" })
    expect(callFor(later, mine(), "me")).toBe("woken")
    expect(callFor(later, written, "me")).toBe("message")
  })
  it("for nothing else", () => {
    expect(callFor(mine(), mine({ assignee_id: "you", unread: 2 }), "me")).toBeNull()
    expect(callFor(mine(), mine({ status: "resolved", unread: 1 }), "me")).toBeNull()
    expect(callFor(mine(), mine({ status: "snoozed" }), "me")).toBeNull()
    expect(callFor(undefined, mine(), "me")).toBeNull()
  })
})
