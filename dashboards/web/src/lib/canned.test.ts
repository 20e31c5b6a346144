import { describe, expect, it } from "vitest"
import type { CannedReply } from "@/api/types"
import { fill, matching, suggestions } from "./canned"

const reply = (shortcut: string, category: string | null, uses = 0, title = "") => ({ id: shortcut, shortcut, title, content: shortcut, category, uses, updated_at: "" }) as CannedReply

describe("canned replies", () => {
  const all = [reply("wait", null, 5), reply("refund", "refund", 1, "退款进度"), reply("hello", null, 9), reply("ship", "logistics", 50)]
  it("suggests the category's own first and never another's", () => {
    expect(suggestions(all, "refund").map((r) => r.shortcut)).toEqual(["refund", "hello", "wait"])
    expect(suggestions(all, null).map((r) => r.shortcut)).toEqual(["hello", "wait"])
  })
  it("finds by shortcut and by title", () => {
    expect(matching(all, "re").map((r) => r.shortcut)).toEqual(["refund"])
    expect(matching(all, "退款").map((r) => r.shortcut)).toEqual(["refund"])
    expect(matching(all, "")).toHaveLength(4)
  })
  it("fills known blanks and leaves the others to be seen", () => {
    expect(fill("您好{{contact.name}}，{{ agent.name }}，{{order.id}}", { contact: "$&刘", agent: "李" })).toBe("您好$&刘，李，{{order.id}}")
  })
})
