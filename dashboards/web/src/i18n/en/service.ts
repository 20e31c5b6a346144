import type { service as zh } from "../zh/service"

export const service: typeof zh = {
  metric: { first_response: "First response", next_response: "Next response", conversation_resolved: "Resolution", conversation_reopened: "Reopened", assigned: "Assigned", handed_off: "Handed over", mood_before: "Mood before", mood_after: "Mood after" },
  by: { agents: "By agent", teams: "By team", channels: "By channel" }, groupBy: "Group", clock: "Clock", clocks: { all: "All hours", open: "Business hours" },
  first: "First response", next: "Next response", resolution: "Resolution", p50: "median", p90: "P90", kept: "in time", keptFirst: "First in time", keptNext: "Next in time", keptResolution: "Resolved in time",
  inTime: "In time", reopenRate: "Reopened", transferRate: "Handed over", satisfaction: "Satisfaction", ratings: (n: number) => `${n} ratings`, mood: "Mood", moodShift: (from: string, to: string) => `${from} → ${to}`, moods: (n: number) => `${n} resolved conversations`,
  opened: "New", assigned: "Assigned", incoming: "Received", outgoing: "Replies", resolved: "Resolved", name: { agents: "Agent", teams: "Team", channels: "Channel" },
  nobody: "Nobody", noTeam: "No team", total: "Total", quality: "Service in detail", qualityHint: "Every number opens the conversations or messages behind it",
  arrivals: "When customers come", arrivalsHint: "customers' messages · weekday × hour", weekdays: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], hour: (h: string | number) => `${h}:00`, cell: (day: string, hour: number, n: number) => `${day} ${hour}:00: ${n} messages`,
  staffing: "Staffing and demand", staffingHint: "average a day · by hour", demand: "Received (a day)", replies: "Replies (a day)", answering: "Agents answering (a day)", staffingLabel: "Chart of messages, replies and agents answering by hour", perAgent: "Received per agent answering",
  outcome: { met: "in time", missed: "overdue" }, none: "Nothing was served in this range", noPolicy: "No targets are set yet; with them you see what was kept", setPolicy: "Set targets",
  due: "Deadline", dueAll: "All", dueNear: "Nearly or already overdue", dueSoon: "Nearly overdue", dueMissed: "Overdue", left: (t: string) => `${t} left`, over: (t: string) => `${t} over`, clause: { first_response: "First response", next_response: "Response", resolution: "Resolution" }, dueTitle: (what: string, at: string) => `${what} due by ${at}`,
  hours: "Business hours", hoursHint: "Targets are counted in business hours only. Changes count from now on; scrm reports rebuild applies hours to the past", always: "Open day and night", closed: "Closed", addSpan: "Add hours", removeSpan: "Remove hours", from: "Opens", to: "Closes", copyDown: "Use for Monday to Friday",
  special: "Holidays and make-up days", specialHint: "A date overrides its weekday: without hours it is off, with hours it is worked", addDay: "Add a date", day: "Date", dayName: "Name, like New Year", removeDay: "Remove date", works: "Worked",
  policies: "Targets", policiesHint: "From the top, the first that fits counts; an empty condition means any", addPolicy: "Add target", policy: "Name", teams: "Teams", priorities: "Priorities", vip: "VIP customers only", any: "Any", minutes: "minutes", unset: "none", up: "Move up", down: "Move down", removePolicy: "Remove", empty: "Nothing is promised yet",
  saved: "Saved; counts from now on", unsaved: "There are unsaved changes", example: "For example: first answer in 5 minutes, later ones in 10, resolved in 8 hours", useExample: "Begin with the example", defaultName: "General",
}
