import type { webchat as zh } from "../zh/webchat"

export const webchat: typeof zh = {
  customerTyping: "The customer is typing…", publicName: "Public name", publicNameHint: "What visitors of a web page see; empty: only that it is an agent.",
  generate: "Make one", generated: "Copy it first: your server signs with it, and it is not shown again.",
  snippet: "Code for your pages", snippetHint: "Goes before </body>. It works on the allowed sites only.", copySnippet: "Copy the code",
  event: { chat_form: "filled in the form", away_form: "left a message while nobody was there" },
  rated: (score) => `rated the service: ${"★".repeat(Number(score) || 0)} (${score} of 5)`,
}
