import { describe, expect, it } from "vitest"
import { avatarColor, byteLength, characterCount, initial, linkify, maskPhone, safeUrl, scoreText } from "./text"

describe("text", () => {
  it("measures as platforms do", () => {
    expect(byteLength("你好a")).toBe(7)
    expect(characterCount("😊好")).toBe(2)
  })
  it("knows no negative zero", () => {
    expect([-0.004, 0, 0.126, -0.5].map(scoreText)).toEqual(["0.00", "0.00", "0.13", "−0.50"])
  })
  it("masks a phone number", () => {
    expect(maskPhone("13812341185")).toBe("138****1185")
    expect(maskPhone("12345")).toBe("****5")
  })
  it("links addresses, leaves Chinese after them alone", () => {
    expect(linkify("看https://a.cn/x?y=1，谢谢")).toEqual([
      { text: "看", href: null },
      { text: "https://a.cn/x?y=1", href: "https://a.cn/x?y=1" },
      { text: "，谢谢", href: null },
    ])
    expect(linkify("see https://a.cn/x.")[1]!.text).toBe("https://a.cn/x")
    expect(linkify("没有链接")).toEqual([{ text: "没有链接", href: null }])
  })
  it("never makes a link of a script", () => {
    expect(safeUrl("javascript:alert(1)")).toBeNull()
    expect(safeUrl("data:text/html,x")).toBeNull()
    expect(safeUrl("不是网址")).toBeNull()
    expect(linkify("javascript:alert(1)").every((p) => p.href === null)).toBe(true)
  })
  it("keeps the text whole, whatever is in it", () => {
    for (const text of ["https://", "a https://a.cn b http://b.cn.", "((https://a.cn))", ""]) expect(linkify(text).map((p) => p.text).join("")).toBe(text)
  })
  it("gives an id one colour and a name one letter", () => {
    expect(avatarColor("01K")).toBe(avatarColor("01K"))
    expect(initial(" emily")).toBe("E")
    expect(initial("😀a")).toBe("😀")
    expect(initial("")).toBe("?")
  })
})
