import { describe, expect, it } from "vitest"
import { en } from "@/i18n/en"
import { zh } from "@/i18n/zh"
import type { Conversation, Message } from "@/api/types"
import { activityText, eventText, failureText, previewText } from "./words"

const names = { category: (code: string) => ({ refund: "退款" })[code] ?? code }
const activity = (details: Record<string, string>, by: Partial<Message["author"]> = {}) =>
  ({ kind: "activity", content: details.action, details, author: { type: "system", id: null, name: null, ...by } }) as Message
const say = (details: Record<string, string>, by?: Partial<Message["author"]>) => activityText(activity(details, by), zh, names)

describe("system lines", () => {
  it("say what happened and who did it", () => {
    expect(say({ action: "assigned", assignee: "李敏" })).toBe("会话已分配给 李敏")
    expect(say({ action: "status", before: "open", status: "resolved" }, { type: "agent", name: "王伟" })).toBe("王伟：会话已解决")
    expect(say({ action: "status", before: "resolved", status: "open" })).toBe("会话重新打开")
    expect(say({ action: "labels", added: "退款", removed: "物流" })).toContain("添加标签 退款，移除标签 物流")
  })
  it("give the reasons of routing", () => {
    expect(say({ action: "routed", team: "售后组", assignee: "李敏", reasons: "vip category:refund least_loaded:3" })).toBe("自动分配到 售后组 · 李敏 — VIP 客户，问题分类：退款，接待数最少（3）")
    expect(say({ action: "routed", team: "", assignee: "", reasons: "team:none agent:none_available later:x" })).toBe("暂未分配 — 没有匹配的技能组，暂无可接待的客服")
  })
  it("show an action they do not know as it is", () => {
    expect(say({ action: "teleported" })).toBe("teleported")
  })
})

describe("words for a row", () => {
  const row = (preview: object) => previewText({ preview } as Conversation, zh)
  it("marks what is no text, and whose it is", () => {
    expect(row({ kind: "incoming", content_type: "image", content: "" })).toBe("[图片]")
    expect(row({ kind: "outgoing", content_type: "text", content: "好" })).toBe("我：好")
    expect(row({ kind: "note", content_type: "text", content: "注意" })).toBe("[备注] 注意")
    expect(previewText({ preview: null } as Conversation, zh)).toBe("")
  })
})

it("words events and failures, known or not", () => {
  const event = (name: string) => eventText({ content: "", details: { event: name } } as unknown as Message, en)
  expect(event("scan")).toBe(en.event.scan)
  expect(event("toString")).toBe(en.event.other("toString"))
  expect(event("card_pay")).toContain("card_pay")
  expect(failureText("window_closed", "", zh)).toBe(zh.sendError.window_closed)
  expect(failureText("new_code", "平台的话", zh)).toBe("平台的话")
  expect(failureText(null, "", zh)).toBe(zh.sendError.other)
})
