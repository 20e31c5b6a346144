import { describe, expect, it } from "vitest"
import type { Message } from "@/api/types"
import { merge, unmatched, type Pending } from "./thread"

function message(position: number, change: Partial<Message> = {}): Message {
  return { id: `m${position}`, position, rank: position, revision: 0, client_id: null, content: "", ...change } as Message
}
function pending(client_id: string): Pending {
  return { client_id, content: "好的" } as Pending
}

describe("merge", () => {
  it("orders by rank, so that a late message stands where the customer sent it", () => {
    const list = merge([message(1), message(2)], [message(3, { rank: 1.5 })])
    expect(list.map((m) => m.position)).toEqual([1, 3, 2])
  })
  it("orders equal ranks by position", () => {
    expect(merge([], [message(5, { rank: 1 }), message(4, { rank: 1 })]).map((m) => m.position)).toEqual([4, 5])
  })
  it("takes a newer revision and refuses an older or equal one", () => {
    const held = [message(1, { revision: 2, status: "sent" })]
    expect(merge(held, [message(1, { revision: 3, status: "read" })])[0]!.status).toBe("read")
    expect(merge(held, [message(1, { revision: 1, status: "queued" })])).toBe(held)
    expect(merge(held, [message(1, { revision: 2, status: "queued" })])).toBe(held)
  })
  it("keeps the newest of several copies in one batch, whatever their order", () => {
    const list = merge([], [message(1, { revision: 2, content: "b" }), message(1, { revision: 1, content: "a" })])
    expect(list).toHaveLength(1)
    expect(list[0]!.content).toBe("b")
  })
  it("adds nothing twice when a page and the socket bring the same", () => {
    const page = [message(1), message(2), message(3)]
    expect(merge(merge([], page), page)).toHaveLength(3)
  })
})

describe("unmatched", () => {
  it("matches by client id, not by text", () => {
    const rest = unmatched([pending("a"), pending("b")], [message(9, { client_id: "a", content: "好的" })])
    expect(rest.map((p) => p.client_id)).toEqual(["b"])
  })
  it("leaves the list alone when nothing arrived", () => {
    const list = [pending("a")]
    expect(unmatched(list, [message(1, { content: "好的" })])).toBe(list)
  })
})
