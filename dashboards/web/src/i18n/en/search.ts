import type { search as zh } from "../zh/search"

export const search: typeof zh = {
  results: "Search results", contacts: "Contacts", messages: "Messages", filters: "Filter the results", clear: "Clear filters",
  channel: "Channel", assignee: "Agent", me: "Me", nobody: "Unassigned", when: "Date", label: "Label", category: "Category", sentiment: "Sentiment", kind: "Kind",
  spans: { today: "Today", "7": "Last 7 days", "30": "Last 30 days", "365": "Last year" }, between: "Choose dates…", from: "From", until: "Until",
  moods: { negative: "Negative", neutral: "Neutral", positive: "Positive" }, kinds: { incoming: "From customers", outgoing: "Replies", note: "Notes" },
  best: "Best match", newest: "Newest first", total: (n) => `${n}`, more: (n) => `${n}+`, onward: "More results", further: "Look further back",
  none: "No contact or message found", noneHint: "Try a shorter word, or pinyin such as tuihuo", noneFiltered: "Nothing matches these filters", failed: "The search did not work",
  partial: "The index is still being built: older messages may not be found yet",
}
