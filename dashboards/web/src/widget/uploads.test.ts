/** The customers' widget: files leave in the order they were chosen in, whichever is at the hub first. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { Api } from "../../../widget/src/api"
import { Chat } from "../../../widget/src/chat"
import { Shelf } from "../../../widget/src/storage"
import type { Upload } from "../../../widget/src/types"
import { Uploads } from "../../../widget/src/uploads"

const file = (name: string) => new File([name], name)
const stored = (name: string) => ({ id: name, file_name: name, media_type: "text/plain", size: 1, key: name }) as Upload

describe("uploads", () => {
  let said: string[] = []
  let ends: Record<string, (ok: boolean) => Promise<void>> = {}
  let uploads: Uploads

  beforeEach(() => {
    said = []
    ends = {}
    const put = (each: File) =>
      new Promise<Upload>((done, fail) => {
        ends[each.name] = async (ok) => {
          if (ok) done(stored(each.name))
          else fail(new Error("offline"))
          await new Promise((tick) => setTimeout(tick))
        }
      })
    uploads = new Uploads(put, (each) => said.push(each.id), () => null)
    for (const name of ["1", "2", "3"]) void uploads.add(file(name))
  })

  it("waits for those before it", async () => {
    await ends["3"]!(true)
    await ends["2"]!(true)
    expect(said).toEqual([])
    expect(uploads.items.map((each) => each.file.name)).toEqual(["1", "2", "3"])
    await ends["1"]!(true)
    expect(said).toEqual(["1", "2", "3"])
    expect(uploads.items).toEqual([])
  })

  it("is held up by none that failed, nor by one that was taken away", async () => {
    await ends["2"]!(true)
    await ends["1"]!(false)
    expect(said).toEqual(["2"])
    const [failed, last] = uploads.items
    void uploads.again(failed!)
    await ends["3"]!(true)
    expect(said).toEqual(["2"])
    uploads.drop(failed!)
    expect(said).toEqual(["2", "3"])
    await ends["1"]!(true)
    expect(said).toEqual(["2", "3"])
    expect(uploads.items).not.toContain(last)
  })
})

describe("somebody else on the page", () => {
  afterEach(() => vi.unstubAllGlobals())

  it("says nothing that the one before had not sent, and all that was written before one signed in", async () => {
    vi.stubGlobal("location", { origin: "https://shop.example.com", pathname: "/" })
    vi.stubGlobal("WebSocket", class { send(): void {} close(): void {} })
    vi.stubGlobal("fetch", async (url: string) => {
      if (!url.endsWith("/session")) throw new TypeError("offline")
      return Response.json({ token: "t", known: false, signed_in: false, open: true, opens_at: null, site: {} })
    })
    const shelf = new Shelf(`uploads.${Math.random()}.`)
    const chat = new Chat(new Api("https://hub.example.com/visitor/c", shelf, null), shelf, () => null)
    const who = (user_id: string) => ({ user_id, expires: 0, signature: "", name: "" })
    await chat.begin()
    chat.say("还没登录时说的")
    shelf.set("draft", "写了一半")
    await chat.become(who("fang"))
    expect(chat.pending.map((each) => each.text)).toEqual(["还没登录时说的"])
    void chat.uploads.add(file("身份证.jpg"))
    await chat.become(who("fang"))
    expect([chat.pending.length, chat.uploads.items.length, shelf.get("draft")]).toEqual([1, 1, "写了一半"])
    await chat.become(null)
    expect([chat.pending.length, chat.uploads.items.length, shelf.get("draft")]).toEqual([0, 0, null])
    chat.line.end()
  })
})
