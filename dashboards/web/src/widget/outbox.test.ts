/** The customers' widget: what is said is taken once, in order, through any weather. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { Refused } from "../../../widget/src/api"
import { Outbox, newId, pause } from "../../../widget/src/outbox"
import { Shelf } from "../../../widget/src/storage"
import type { Pending } from "../../../widget/src/types"

const said = (text: string): Pending => ({ id: newId(), text, files: [], page: "", at: 0 })

/** A hub that takes each id once; `weather` says what becomes of each try. */
class Hub {
  taken: string[] = []
  tries: string[] = []
  constructor(private readonly weather: ("ok" | "lost before" | "lost after" | number)[]) {}

  send = async (pending: Pending): Promise<void> => {
    const how = this.weather.shift() ?? "ok"
    this.tries.push(pending.text)
    if (typeof how === "number") throw new Refused(how, "")
    if (how === "lost before") throw new Refused(0, "offline")
    if (!this.taken.includes(pending.id)) this.taken.push(pending.id)
    if (how === "lost after") throw new Refused(0, "offline")
  }
}

function outbox(hub: Hub, shelf = new Shelf("test.")): Outbox {
  return new Outbox({ shelf, send: hub.send, onTaken: () => null, onChange: () => null, random: () => 0 })
}

describe("outbox", () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it("says again under the same id until it is taken, and keeps the order", async () => {
    const hub = new Hub(["lost before", "lost after", "ok", "lost after", "ok"])
    const box = outbox(hub)
    const messages = [said("一"), said("二"), said("三")]
    messages.forEach((each) => box.add(each))
    await vi.runAllTimersAsync()
    expect(hub.taken).toEqual(messages.map((each) => each.id))
    expect(box.items).toEqual([])
  })

  it("sets aside what the hub refuses, and goes on", async () => {
    const hub = new Hub([422, "ok"])
    const box = outbox(hub)
    const [wrong, right] = [said("错"), said("对")]
    box.add(wrong)
    box.add(right)
    await vi.runAllTimersAsync()
    expect(hub.taken).toEqual([right.id])
    expect(box.items).toEqual([{ ...wrong, failed: "422" }])
    box.retry(wrong.id)
    await vi.runAllTimersAsync()
    expect(hub.taken).toEqual([right.id, wrong.id])
  })

  it("outlives the page", async () => {
    const shelf = new Shelf("test.")
    outbox(new Hub(Array.from({ length: 3 }, () => "lost before" as const)), shelf).add(said("还在"))
    await vi.advanceTimersByTimeAsync(100)
    const hub = new Hub([])
    const again = outbox(hub, shelf)
    again.nudge()
    await vi.runAllTimersAsync()
    expect(hub.tries).toEqual(["还在"])
  })

  it("waits longer each time, and never less than a quarter", () => {
    expect(pause(0, 800, 20_000, 0)).toBe(200)
    expect(pause(3, 800, 20_000, 1)).toBe(6_400)
    expect(pause(40, 800, 20_000, 1)).toBe(20_000)
  })
})
