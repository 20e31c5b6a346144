import type { paper as zh } from "../zh/paper"

export const paper: typeof zh = {
  kind: "Kind of report", daily: "Daily", weekly: "Weekly", day: "Day", earlier: "Earlier", later: "Later", print: "Print / PDF", title: { daily: "Daily service report", weekly: "Weekly service report" }, against: (from, to) => (from === to ? `against the same day a week before, ${from}` : `against the week before, ${from} to ${to}`), unfinished: "This period is not over: figures so far",
  trend: { daily: "Messages and negative ones, 14 days", weekly: "Messages and negative ones by day" }, trendHint: "Bars are customers' messages, red the negative ones, the line is the time before", categories: "Categories", was: "Before", negative: "Negative", findings: "Findings", alerts: "Alerts", noAlerts: "No bursts", noFindings: "No customers' messages", since: (t) => `since ${t}`, made: (t) => `Made ${t}`, links: "Every figure opens its evidence", alertLine: (n, expected) => `${n} messages against ${expected} expected`, alertNew: (n) => `${n} messages, none before`,
}
