import { describe, expect, it } from "vitest"
import type { MenuButton, Offer } from "@/api/accounts"
import { blankAction, blankButton, cleaned, problemOf, sameMenu } from "./menu"
import { automaticOf, cutOff, filledFields, fitted, manual, preview, wrong } from "./notice"

const button = (change: Partial<MenuButton>): MenuButton => ({ ...blankButton(), name: "服务", key: "k", ...change })

describe("a menu", () => {
  it("says what is wrong with a button", () => {
    const all = [button({})]
    expect(problemOf(all[0]!, false, all)).toBeNull()
    expect(problemOf(button({ name: " " }), false, all)).toBe("name")
    expect(problemOf(button({ name: "六个汉字太长" }), false, all)).toBe("nameLong")
    expect(problemOf(button({ name: "六个汉字不长" }), true, all)).toBeNull()
    expect(problemOf(button({ key: "" }), false, all)).toBe("needs")
    expect(problemOf(button({ key: "键".repeat(43) }), false, all)).toBe("keyLong")
    expect(problemOf(button({ type: "view", url: "example.com" }), false, all)).toBe("url")
    expect(problemOf(button({ type: "miniprogram", app_id: "wx1", url: "https://a.cn" }), false, all)).toBe("needs")
    const twice = [button({}), button({ children: [button({})] })]
    expect(problemOf(twice[0]!, false, twice)).toBe("keyTwice")
    expect(problemOf(twice[1]!, false, twice)).toBeNull()
  })
  it("is sent with what its buttons need, and with actions of keys it has", () => {
    const menu = { buttons: [button({ url: "left over" }), button({ type: "view", url: "https://a.cn", key: "gone" })], actions: [{ ...blankAction("k"), opens: true }, { ...blankAction("gone"), opens: true }, blankAction("k2")] }
    const sent = cleaned(menu.buttons, menu.actions)
    expect(sent.actions.map((action) => action.key)).toEqual(["k"])
    expect(sent.buttons[0]).toMatchObject({ key: "k", url: "" })
    expect(sent.buttons[1]).toMatchObject({ key: "", url: "https://a.cn" })
    expect(sameMenu(menu, { ...menu, actions: [menu.actions[0]!] })).toBe(true)
    expect(sameMenu(menu, { ...menu, actions: [] })).toBe(false)
  })
})

describe("a message from a template", () => {
  const template = { body: "服务：{{thing1}}\n进度：{{phrase2}}", fields: [{ name: "thing1", label: "服务", limit: 6 }, { name: "phrase2", label: "进度", limit: 5 }], mapping: { thing1: "{customer}的{message}", phrase2: "{unknown}" } }
  const values = { customer: "王芳", message: "退款\n申请", agent: "", number: "5", time: "", workspace: "" }
  it("is filled from what is known, within its limits", () => {
    expect(filledFields(template, values)).toEqual({ thing1: "王芳的退款", phrase2: "{unkn" })
    expect(fitted("😀😀😀", 2)).toBe("😀😀")
  })
  it("is previewed, and says what is missing", () => {
    expect(preview(template, { thing1: "退款" })).toBe("服务：退款\n进度：……")
    expect(wrong(template, { thing1: "退款", phrase2: "" })).toMatchObject({ field: { name: "phrase2" }, over: 0 })
    expect(wrong(template, { thing1: "退款", phrase2: "六个字的进度" })).toMatchObject({ over: 1 })
    expect(wrong(template, { thing1: "退款", phrase2: "处理中" })).toBeNull()
  })
  it("goes by itself where one permits it, with no file, and says what is cut", () => {
    const offer = (automatic: boolean, refusal = "") => ({ automatic, refusal }) as Offer
    expect(automaticOf([offer(false), offer(true)], 0)?.automatic).toBe(true)
    expect(automaticOf([offer(false), offer(true)], 1)).toBeNull()
    expect(automaticOf([offer(false), offer(true, "no_consent")], 0)).toBeNull()
    expect([cutOff(template, { ...values, message: "退款" }), cutOff(template, { ...values, message: "退款到 账了" })]).toEqual([0, 3])
    expect(manual(template, { thing1: "您好", phrase2: "处理中" })).toBe("message")
    expect(manual(template, { thing1: "{message}", phrase2: " " })).toMatchObject({ name: "phrase2" })
    expect(manual(template, template.mapping)).toBeNull()
  })
})
