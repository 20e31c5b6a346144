import { describe, expect, it } from "vitest"
import { faces, hasFaces, withFaces } from "./faces"

describe("faces", () => {
  it("are read in both spellings", () => {
    expect(withFaces("好的[呲牙][微笑]")).toBe("好的😁🙂")
    expect(withFaces("好的/::D/::)")).toBe("好的😁🙂")
    expect(withFaces("/::-|/::-O/::'(/:@)/:,@@/:8-)")).toBe("😅🥱😭🙏😵😎")
  })
  it("keep their names beside what is written", () => {
    expect(faces("谢谢[强]！")).toEqual([{ text: "谢谢", face: null }, { text: "👍", face: "强" }, { text: "！", face: null }])
  })
  it("are nothing else in brackets, nor an address", () => {
    for (const text of ["[图片]", "[12]", "[ 强 ]", "看[这里]", "https://x.cn/a", "1:/2", "", "[", "[[强", "强]"]) expect(withFaces(text)).toBe(text === "[[强" ? "[[强" : text)
  })
  it("belong to the channels that have them", () => {
    expect([hasFaces("wechat"), hasFaces("email"), hasFaces(undefined)]).toEqual([true, false, false])
  })
  it("cost little, however long the text", () => {
    const began = performance.now()
    withFaces("/::[".repeat(50_000))
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})
