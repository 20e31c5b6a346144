import type { voice as zh } from "../zh/voice"

export const voice: typeof zh = {
  findings: "What happened", findingsHint: "Each sentence is made of the numbers below; click it for the messages it stands on", noFindings: "No customers' messages in this range", why: "Why it moved", volume: "Messages", negative: "Negative share",
  changed: (from, to, change) => `${from} → ${to} (${change})`, steady: "No change", points: (n) => `${n} points`, by: { categories: "By category", channels: "By channel", phrases: "By phrase" }, rest: "Everything else", share: (n) => `${n} of the change`,
  cancels: "Parts cancel out: no shares", mix: "Mix", rate: "Rate", mixHint: "Mix: it became a larger or smaller part of all messages. Rate: its own messages got better or worse. Together they are its effect, and the effects of all parts are the whole change.", volumeHint: "Each part's effect is its own rise or fall; together they are the whole change.", phraseHint: "A message counts for each phrase it says: they do not add up",
  now: "Now", before: "Before", of: (n) => `${n} messages`, wasOf: (n) => `${n} before`, noCompare: "No messages in the range compared with",
  heat: "Category × mood", heatHint: "Small numbers: the difference from before", trends: "Categories over time", trendsHint: "The five with most messages; red is negative, the grey line is before", dayNumbers: (name) => `Messages about ${name} by day`,
  moved: "Words that moved most", movedHint: "Whose share changed most clearly", term: "Word", messages: "Messages", expected: "Expected", negativeOf: "Negative", course: "Course", fresh: "New words", freshHint: "Said by nobody before", freshLine: (n, people) => `${n} messages · ${people} customers`, noFresh: "No new words", noMoved: "No word clearly moved", noWords: "Words are not counted by team, nor for days more than two months ago", behind: (t) => `Words counted until ${t}`, from: (day) => `First said ${day}`,
  evidence: (what) => `“${what}”`, evidenceRest: "None of the phrases above", inBefore: "before",
}
