import { describe, expect, it } from "vitest"
import type { Alert, Topic, TopicBoard } from "./api"
import { closed, few, negativeShare, readAsk, readBoard, rise, sorted, termAsk, topicAsk } from "./topics"

const topic: Topic = {
  name: "充电发热", terms: ["充电发热", "发热"], category: "quality", scope: null, since: "2026-11-22T01:00:00Z", until: "2026-11-22T03:10:00Z",
  as_of: "2026-11-22T03:10:30Z", messages: 14, people: 12, expected: 0.6, surprise: 11, moods: { negative: 12, neutral: 2, positive: 0 },
  channels: { c1: 14 }, first_seen: "2026-11-22T01:05:00Z", spark: [], voices: [],
}
const board: TopicBoard = { range: "24h", channel_id: "c1", since: "a", until: "b", messages: 3, comparable: true, topics: [topic], terms: [] }

describe("the page of topics", () => {
  it("reads range and channel from the URL, and takes what it cannot read for the usual", () => {
    expect(readBoard({ range: "7d", channel: "c1" })).toEqual({ range: "7d", channel: "c1" })
    expect(readBoard({ range: "9y", channel: "" })).toEqual({ range: "24h", channel: null })
  })
  it("opens exactly what a number counts", () => {
    const opened = readAsk(topicAsk(topic, "c1", "m7") as never)
    expect(opened).toEqual({
      what: "充电发热",
      query: { terms: "充电发热,发热", since: topic.since, until: topic.until, as_of: topic.as_of, scope: undefined, channel_id: "c1", like: "m7" },
    })
    expect(readAsk(termAsk("发票", board) as never)?.query).toMatchObject({ terms: "发票", since: "a", until: "b", as_of: "b", channel_id: "c1" })
    expect(readAsk({ range: "7d" })).toBeNull()
    expect(Object.values({ ...topicAsk(topic, null), ...closed() }).every((value) => value === undefined)).toBe(true)
  })
  it("says numbers as people do", () => {
    expect([few(0.61), few(3), few(12.4)]).toEqual(["0.6", "3", "12"])
    expect(rise(14, 0.7)).toBeCloseTo(20)
    expect([rise(14, null), rise(14, 0)]).toEqual([null, null])
    expect(negativeShare(topic)).toBe("86")
  })
  it("puts what needs somebody first", () => {
    const alert = (id: string, more: Partial<Alert>): Alert => ({
      id, topic, severity: "normal", opened_at: "1", last_seen_at: "1", ended_at: null, state: "open", snoozed_until: null, owner_id: null, handled_by: null, handled_at: null, monitor_id: null, stream: null, mood: false, ...more,
    })
    const alerts = [alert("acknowledged", { state: "acknowledged", last_seen_at: "9" }), alert("ended", { ended_at: "3", last_seen_at: "8" }), alert("going", {}), alert("newer", { last_seen_at: "2" })]
    expect(sorted(alerts).map((each) => each.id)).toEqual(["newer", "going", "ended", "acknowledged"])
  })
})
