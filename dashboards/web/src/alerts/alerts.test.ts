import { describe, expect, it } from "vitest"
import type { Alert } from "@/topics/api"
import { bars, change, evidence, hourEnd, opens, progress, reason, ringing } from "./alerts"
import type { HourPoint, Phase, Target } from "./api"

const NOW = Date.parse("2026-11-20T10:00:00Z")
const alert = (id: string, more: Partial<Alert> = {}) =>
  ({ id, state: "open", severity: "normal", opened_at: `2026-11-20T0${id.length}:00:00Z`, ended_at: null, snoozed_until: null, topic: { name: "充电发热", terms: ["充电", "发热"], scope: null }, ...more }) as Alert

describe("alerts", () => {
  it("ring while they are open and go on, the severe ones first", () => {
    const list = [
      alert("a"), alert("bb"), alert("ccc", { severity: "high" }), alert("d", { ended_at: "2026-11-20T09:00:00Z" }), alert("e", { state: "acknowledged" }),
      alert("f", { state: "snoozed", snoozed_until: "2026-11-20T11:00:00Z" }), alert("gggg", { state: "snoozed", snoozed_until: "2026-11-20T10:00:00Z" }),
    ]
    expect(ringing(list, NOW).map((each) => each.id)).toEqual(["ccc", "gggg", "bb", "a"])
  })
  it("open their evidence", () => {
    expect(opens({ kind: "message", id: "m", conversation_id: "v", position: 7 })).toBe("/inbox/v?m=7")
    expect(opens({ kind: "mention", id: "p/1", conversation_id: null, position: null })).toBe("/mentions?id=p%2F1")
    expect(opens({ kind: "count", id: "/topics?ev=topic", conversation_id: null, position: null })).toBe("/topics?ev=topic")
    const page = evidence(alert("a"), "2026-11-20T08:00:00Z", hourEnd("2026-11-20T08:00:00Z"), "x")
    expect(page).toContain("terms=%E5%85%85%E7%94%B5%2C%E5%8F%91%E7%83%AD")
    expect(page).toContain("until=2026-11-20T08%3A59%3A59.999Z")
    expect(page).not.toContain("scope")
  })
  it("say why a notice failed", () => {
    expect(reason("unreachable:ClientConnectorError")).toEqual({ reason: "unreachable", detail: "ClientConnectorError" })
    expect(reason("paused")).toEqual({ reason: "paused", detail: "" })
  })
  it("count how far an approved reply is", () => {
    const of = (state: Target["target"]["state"]) => ({ target: { id: state, conversation_id: "v", state, code: null } }) as Target
    expect(progress([of("queued"), of("queued"), of("refused"), of("waiting")])).toEqual({ done: 3, of: 4, sent: 2, refused: 1 })
  })
  it("compare the mood of two phases only where both say something", () => {
    const phase = (share: number | null) => ({ share }) as Phase
    expect(change(phase(0.9), phase(0.2))).toBeCloseTo(-0.7)
    expect(change(phase(0.9), phase(null))).toBeNull()
    expect(change(undefined, phase(0.2))).toBeNull()
  })
})

describe("the chart", () => {
  const hour = (at: number, messages: number, negative = 0): HourPoint => ({ start: new Date(NOW + at * 3_600_000).toISOString(), messages, negative, expected: 0.5 })
  it("loses no message when hours are joined", () => {
    const hours = Array.from({ length: 300 }, (_, at) => hour(at, at % 7, at % 3))
    const drawn = bars(hours)
    expect(drawn.bars.length).toBeLessThanOrEqual(96)
    const total = (of: "messages" | "negative", list: readonly HourPoint[]) => list.reduce((sum, each) => sum + each[of], 0)
    for (const of of ["messages", "negative"] as const) expect(total(of, drawn.bars.map((bar) => bar.point))).toBe(total(of, hours))
    expect(Math.max(...drawn.bars.map((bar) => bar.height))).toBe(1)
    expect(drawn.bars.every((bar) => bar.bad <= bar.height)).toBe(true)
  })
  it("stands without hours and without history", () => {
    expect(bars([]).bars).toEqual([])
    expect(bars([{ ...hour(0, 4), expected: null }]).expected).toBeNull()
  })
})
