import type { boards as zh } from "../zh/boards"

export const boards: typeof zh = {
  title: "Dashboards", nav: "Dashboards", overview: "Overview", service: "Service quality", voice: "Customer voice", report: "Report", wall: "Wall",
  filters: "Filters", yesterday: "Yesterday", presets: "Range", compare: "Against", against: { previous: "Period before", week: "Same days last week", month: "Same days last month", custom: "Own range" }, compareFirst: "First day compared with", compareLast: "Last day compared with",
  versus: (from, to) => `against ${from} to ${to}`, versusDay: (day) => `against ${day}`,
  last90: "Last 90 days", partly: (from, to, since) => `Of ${from} to ${to} there are data from ${since} only, so no change is shown`, noneThen: (since) => `No data yet in the range compared with (they begin ${since}), so no change is shown`, wholeDay: (n) => `${n} that whole day`,
  conversationsBefore: "Conversations before",
  saved: "Saved", saveThis: "Save this dashboard", saveName: "Name", saveShared: "Share with every supervisor", noSaved: "Keep a page with its filters, one click away", drop: "Delete", dropAsk: (name) => `Delete the dashboard “${name}”?`, shared: "Shared",
  export: "Export", csv: "CSV table", excel: "Excel workbook",
}
