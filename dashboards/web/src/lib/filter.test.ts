import { describe, expect, it } from "vitest"
import type { Conversation } from "@/api/types"
import { byActivity, defaultFilter, matches } from "./filter"

const conversation = (change: Partial<Conversation>) =>
  ({ id: "c", status: "open", assignee_id: null, channel_id: "ch", team_id: null, labels: [], last_activity_at: "2026-11-22T04:00:00Z", ...change }) as Conversation

describe("matches", () => {
  it("keeps mine, nobody's and all apart", () => {
    expect(matches(defaultFilter, conversation({ assignee_id: "me" }), "me")).toBe(true)
    expect(matches(defaultFilter, conversation({ assignee_id: "you" }), "me")).toBe(false)
    expect(matches({ ...defaultFilter, assignee: "none" }, conversation({}), "me")).toBe(true)
    expect(matches({ ...defaultFilter, assignee: "any" }, conversation({ assignee_id: "you" }), "me")).toBe(true)
  })
  it("active means neither resolved nor put off", () => {
    const filter = { ...defaultFilter, assignee: "any" as const }
    expect(matches(filter, conversation({ status: "pending" }), "me")).toBe(true)
    expect(matches(filter, conversation({ status: "snoozed" }), "me")).toBe(false)
    expect(matches(filter, conversation({ status: "resolved" }), "me")).toBe(false)
    expect(matches({ ...filter, status: "resolved" }, conversation({ status: "resolved" }), "me")).toBe(true)
  })
  it("asks for channel, team and label together", () => {
    const filter = { ...defaultFilter, assignee: "any" as const, channel_id: "ch", team_id: "t", label_id: "l" }
    expect(matches(filter, conversation({ team_id: "t", labels: ["l"] }), "me")).toBe(true)
    expect(matches(filter, conversation({ team_id: "t" }), "me")).toBe(false)
  })
})

it("sorts by activity, whatever the precision of the times", () => {
  const list = [conversation({ id: "a", last_activity_at: "2026-11-22T04:00:00Z" }), conversation({ id: "b", last_activity_at: "2026-11-22T04:00:00.5Z" }), conversation({ id: "d" })]
  expect(list.sort(byActivity).map((c) => c.id)).toEqual(["b", "d", "a"])
})
