export const topics = {
  title: "Topics", lead: "What customers talk about, and what suddenly grows", range: "Range", ranges: { "24h": "24 hours", "7d": "7 days", "30d": "30 days" },
  alerts: "Bursts", alertsHint: "A topic's share of all messages rose suddenly", rising: "Rising topics", risingHint: "A clearly larger share than before", terms: "Said most", termsHint: "The number counts messages with this term",
  noAlerts: "No topic burst in the last 30 days", noRising: "No topic clearly rises", noHistory: "Not enough history to compare with yet", empty: "No customers' messages in this range", emptyHint: "Choose another range, or wait for customers to write", loadFailed: "The topics could not be loaded", noPermission: "Topics are for supervisors and above", updated: (t: string) => `Updated ${t}`,
  messages: (n: number) => `${n} messages`, expected: (n: string) => `${n} expected`, times: (n: string) => `${n} times`, newTopic: "New", people: (n: number) => `${n} customers`, negative: (n: string) => `${n}% negative`,
  explain: (n: number, span: string, expected: string, share: string) => `${n} messages in ${span} against ${expected} expected, ${share}% negative`,
  explainNew: (n: number, span: string, share: string) => `${n} messages in ${span}, none before, ${share}% negative`,
  firstSeen: (t: string) => `First seen ${t}`, channels: "Channels", also: "Related", voices: "Typical voices", similar: (n: number) => `${n} alike`, openMessage: "Open the conversation", mood: (bad: number, flat: number, good: number) => `${bad} negative, ${flat} neutral, ${good} positive`, course: (name: string) => `Messages about ${name} over time`,
  high: "High", normal: "Normal", going: "Going on", ended: (t: string) => `Quiet since ${t}`, since: (t: string) => `Since ${t}`, span: (t: string, u: string) => `${t} – ${u}`,
  state: { open: "Open", acknowledged: "Acknowledged", snoozed: "Snoozed" }, acknowledge: "Acknowledge", reopen: "Open again", snooze: "Snooze", snoozeOptions: { hour: "For an hour", day: "For a day", week: "For a week" }, snoozedUntil: (t: string) => `Snoozed until ${t}`, owner: "Owner", noOwner: "Nobody", handledBy: (who: string, t: string) => `${who}, ${t}`,
  all: "See all", up: "up", down: "down", previous: (n: string) => `${n} expected`,
}
