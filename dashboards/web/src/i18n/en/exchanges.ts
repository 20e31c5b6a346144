import type { exchanges as zh } from "../zh/exchanges"

export const exchanges: typeof zh = {
  title: "Last exchanges", show: "Show", hide: "Hide", refresh: "Refresh", none: "Nothing went to or fro yet",
  hint: "When, which way, what kind, how it ended and how large; never what was said, nor by whom", listLabel: "The last exchanges",
  columns: { at: "Time", way: "Way", kind: "Kind", outcome: "Outcome", size: "Size", ref: "Id" },
  way: { in: "in", out: "out" },
  kind: {
    webhook: "push", challenge: "address question", fetched: "fetched", notice: "notice", pull: "fetch", check: "check", text: "text", image: "picture", voice: "voice", video: "video", file: "file", template: "template",
  },
  outcome: { ok: "well", bad_signature: "wrong signature", stale: "out of date", too_large: "too large", malformed: "malformed" },
  test: "Send a test message", testLead: "To somebody who wrote lately, who will really get it. It stands in the conversation and keeps to the platform's rules for replies.",
  testTo: "To", testText: "Text", testDefault: "This is a test message, please ignore it.", testSend: "Send", testNobody: "Nobody wrote on this channel yet: send something from an account of your own first.",
  testSent: "The platform took the test message", testPending: "Still on its way: look into the conversation in a moment", testFailed: "Not sent", openConversation: "Open the conversation",
}
