import { describe, expect, it } from "vitest"
import { en } from "./en"
import { zh } from "./zh"

function flat(words: object, path = ""): Map<string, unknown> {
  const found = new Map<string, unknown>()
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === "object") for (const [inner, v] of flat(value as object, `${path}${key}.`)) found.set(inner, v)
    else found.set(path + key, value)
  }
  return found
}
const text = (value: unknown) => (typeof value === "function" ? String((value as (x: unknown) => string)(2)) : String(value))
// The language switch is named in the language it leads to.
const OTHER_LANGUAGE = new Set(["nav.language"])

describe("the dictionary", () => {
  const chinese = flat(zh)
  const english = flat(en)
  it("has the same words in both languages", () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
  })
  it("leaves nothing empty", () => {
    for (const [key, value] of [...chinese, ...english]) expect(text(value).trim(), key).not.toBe("")
  })
  it("has no Chinese left in English", () => {
    for (const [key, value] of english) if (!OTHER_LANGUAGE.has(key)) expect(text(value), key).not.toMatch(/[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/)
  })
  it("takes the same number of values", () => {
    for (const [key, value] of chinese) if (typeof value === "function") expect((english.get(key) as () => string).length, key).toBe(value.length)
  })
})
