import { describe, expect, it } from "vitest"
import { decodeFile, parseWords, triedPieces, wordsText } from "./wordlist"

describe("word lists as text", () => {
  it("reads a word a line, each once, with the mark for its sound", () => {
    expect(parseWords("\ufeff词,同音\r\n 微信 \n曝光,同音\n\n微信，sound\n\"a,b\"\tx\n")).toEqual([
      { text: "微信", sound: true },
      { text: "曝光", sound: true },
      { text: "a,b", sound: false },
    ])
  })
  it("reads back what it writes", () => {
    const words = [{ text: "微信", sound: true }, { text: 'a,"b"', sound: false }, { text: "x", sound: true }]
    expect(parseWords(wordsText(words, "同音"))).toEqual(words)
  })
  it("reads files of Excel in Chinese", () => {
    expect(decodeFile(new Uint8Array([0xce, 0xa2, 0xd0, 0xc5]).buffer)).toBe("微信")
    expect(decodeFile(new TextEncoder().encode("微信").buffer as ArrayBuffer)).toBe("微信")
  })
})

it("cuts a tried text at what was found, whatever its characters are made of", () => {
  const hit = { list_id: "l", word: "微信", written: "微信", start: 1, end: 3, variant: "exact" as const }
  const tried = { hits: [hit], personal: [{ kind: "mobile" as const, start: 4, end: 6 }], masked: "" }
  expect(triedPieces("😀微信加12", tried)).toEqual([
    { text: "😀", mark: null },
    { text: "微信", mark: "word" },
    { text: "加", mark: null },
    { text: "12", mark: "personal" },
  ])
})
