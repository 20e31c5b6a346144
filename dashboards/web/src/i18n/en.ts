import { boards } from "./en/boards"
import { voice } from "./en/voice"
import { wall } from "./en/wall"
import { paper } from "./en/paper"
import { picture } from "./en/picture"
import { alerts } from "./en/alerts"
import { topics } from "./en/topics"
import { mentions } from "./en/mentions"
import { search } from "./en/search"
import { taxonomy } from "./en/taxonomy"
import { tasks } from "./en/tasks"
import { context } from "./en/context"
import { choices } from "./en/choices"
import { email } from "./en/email"
import { exchanges } from "./en/exchanges"
import { webchat } from "./en/webchat"
import { merging } from "./en/merging"
import { wecom } from "./en/wecom"
import { weibo } from "./en/weibo"
import { wechat } from "./en/wechat"
import { service } from "./en/service"
import { words } from "./en/words"
import { snooze } from "./en/snooze"
import { fields } from "./en/fields"
import { views } from "./en/views"
import { calls } from "./en/calls"
import type { Dictionary } from "./zh"

export const en: Dictionary = {
  app: { name: "SCRM", loading: "Loading…", skip: "Skip to content" },
  nav: {
    main: "Main navigation", inbox: "Inbox", dashboard: "Dashboard", topics: "Topics", contacts: "Contacts", settings: "Settings", theme: "Switch theme",
    themeNames: { system: "System", light: "Light", dark: "Dark" }, language: "切换为中文", account: "My account",
    signOut: "Sign out", help: "Keyboard shortcuts", palette: "Command palette",
  },
  availability: { title: "Availability", online: "Online", busy: "Busy", offline: "Offline" },
  signIn: {
    title: "Sign in", welcome: "Welcome back", lead: "Customers of every channel, on one timeline", login: "Account", password: "Password", submit: "Sign in",
    showPassword: "Show password", hidePassword: "Hide password",
    wrong: "Account or password is wrong", throttled: (s) => `Too many attempts. Try again in ${s} s.`, expired: "Your session has ended. Sign in again; what you typed is kept.",
  },
  connection: { reconnecting: "Reconnecting…", offline: "Connection lost, reconnecting… Nothing you typed is lost", retryNow: "Reconnect now" },
  common: {
    save: "Save", cancel: "Cancel", remove: "Delete", edit: "Edit", add: "New", close: "Close", copy: "Copy", copied: "Copied", retry: "Try again",
    more: "More", back: "Back", search: "Search", all: "All", none: "None", confirm: "OK", pair: (name, value) => `${name}: ${value}`, saved: "Saved", yes: "Yes", no: "No",
    loadMore: "Load more", name: "Name", unknown: "Unknown", you: "Me", unassigned: "Unassigned", color: "Colour", actions: "Actions", createdAt: "Created",
  },
  inbox: {
    title: "Inbox", search: "Search customers, messages…", clearSearch: "Clear search", tabs: { me: "Mine", none: "Unassigned", any: "All" }, tabList: "Whose conversations", filter: "Filter",
    status: { active: "Active", open: "Open", pending: "Waiting for customer", snoozed: "Snoozed", resolved: "Resolved" },
    filterStatus: "Status", filterChannel: "Channel", filterTeam: "Team", filterLabel: "Label", clearFilters: "Clear filters",
    empty: { me: "Nothing is assigned to you", none: "Nothing waits to be claimed", any: "No conversations yet", filtered: "No conversation matches" },
    emptyHint: { me: "Pick one up from Unassigned", none: "Every conversation has an owner. Well done", any: "Connect a channel and customers' messages appear here", filtered: "Change the filters, or clear them" },
    emptyAction: { me: "See unassigned", none: "See all", any: "Connect a channel", filtered: "Clear filters" },
    pick: "Choose a conversation to start", pickHint: "Move with j / k; press ? for all shortcuts",
    unread: (n) => `${n} unread`, vip: "VIP customer", you: "Me: ", listLabel: "Conversations",
    window: (t) => `Reply within ${t}`, waiting: (t) => `Waiting ${t}`, windowHot: (t) => `Window ${t}`,
    loadFailed: "Conversations could not be loaded",
  },
  kind: { image: "[Image]", voice: "[Voice]", video: "[Video]", file: "[File]", location: "[Location]", link: "[Link]", event: "[Event]", unknown: "[Unknown message]", note: "[Note]" },
  mood: { negative: "Negative mood", neutral: "Neutral mood", positive: "Positive mood", short: { negative: "Negative", neutral: "Neutral", positive: "Positive" } },
  thread: {
    log: "Messages", loadOlder: "Load older messages", start: "The conversation starts here", newMessages: "New messages", toBottom: "To the newest", today: "Today", yesterday: "Yesterday",
    assignee: "Assignee", assignToMe: "Assign to me", resolve: "Resolve", reopen: "Reopen", snooze: "Snooze", unsnooze: "Unsnooze", details: "Customer details",
    snoozeOptions: { hour: "In an hour", evening: "Today 18:00", tomorrow: "Tomorrow 9:00", monday: "Monday 9:00" }, snoozedUntil: (t) => `Snoozed until ${t}`,
    mentioned: (name, text) => `${name} mentioned you: ${text}`,
    typing: (name) => `${name} is typing…`, loadFailed: "Messages could not be loaded", notFound: "This conversation does not exist",
    system: "System", api: "API", priority: { normal: "Normal", high: "High priority", urgent: "Urgent" }, analysed: "Category",
    noMessages: "No messages yet",
  },
  status: {
    queued: "Queued", sending: "Sending", retrying: "Retrying", unknown: "Outcome unknown", failed: "Failed", sent: "Sent", delivered: "Delivered", read: "Read",
    posting: "Sending", unsent: "Not sent", retry: "Send again", giveUp: "Mark as not delivered", discard: "Delete", editAgain: "Edit again",
    unknownHint: "The platform did not answer; the customer may have received it. Check before you send again.",
  },
  sendError: {
    ...wechat.sendError,
    ...wecom.sendError,
    window_closed: "The reply window has closed. You can reply after the customer writes again", replies_used_up: "All replies of this window are used. You can reply after the customer writes again", too_long: "Longer than the platform allows. Send it in parts",
    unsupported_content: "This channel cannot send this kind of message", recipient_unknown: "The platform does not know this customer; they may have unfollowed", blocked_by_contact: "The customer blocked or unfollowed the account", content_refused: "The platform refused the content. Change it and send again",
    media_refused: "The platform does not accept this file's type or size", not_permitted: "The account lacks permission for this. Ask an administrator", address_not_allowed: "The server's IP is not on the platform's allow list. Ask an administrator", credentials_refused: "The channel's credentials are no longer valid. An administrator can renew them under Channels",
    rate_limited: "Sending too fast; it will be tried again", daily_quota: "The platform's quota is used up", platform_busy: "The platform is busy; it will be tried again", unreachable: "The platform cannot be reached for now", timeout: "The platform did not answer in time",
    channel_paused: "The channel is paused. Resume it to send", platform_error: "The platform returned an error", offline: "No network; it will be sent when you are back", restored: "It may have left after the backup, and was not sent again when that was restored", other: "It was not sent",
  },
  attachment: {
    pending: "Fetching the file…", failed: "The file could not be fetched", nameOnly: "The platform gives only its name, not the file", download: "Download", openImage: "Open image", voice: "Voice", video: "Video", file: "File", location: "Location", play: "Play", pause: "Pause", speed: "Playback speed",
    seconds: (n) => `${n}″`, uploading: "Uploading", removeFile: "Remove", tooLarge: (mb) => `A file may be at most ${mb}`, wrongType: "This channel cannot send this kind of file", uploadFailed: "Upload failed", unknownMessage: (type) => `Message type not supported yet: ${type}`,
  },
  event: {
    follow: "followed the account", subscribe: "followed the account", unfollow: "unfollowed the account", unsubscribe: "unfollowed the account", scan: "scanned the QR code", click: "tapped the menu", menu_click: "tapped the menu", view: "opened a menu link", menu_view: "opened a menu link", location: "shared a location",
    enter_session: "entered the chat", user_enter_tempsession: "entered the chat", other: (name) => `event ${name}`,
  },
  activity: {
    assigned: (who) => `Assigned to ${who}`, unassigned: "Unassigned", claimed: "claimed the conversation", status: (s) => `Status changed to “${s}”`, resolved: "Resolved", reopened: "Reopened", snoozed: (t) => `Snoozed until ${t}`,
    team: (name) => `Moved to team ${name}`, labelled: (names) => `Labelled ${names}`, unlabelled: (names) => `Label ${names} removed`, priority: (p) => `Priority changed to ${p}`, category: (c) => `Category changed to ${c}`, routed: (team) => `Routed to ${team}`, unrouted: "Not assigned yet", by: (who, what) => `${who}: ${what}`, opened: "Conversation started",
    comma: ", ", reason: { vip: "VIP customer", mood: "negative mood", category: (c) => `category ${c}`, kept: "kept with their agent", fallback: "fallback team", noTeam: "no team matches", noAgent: "no agent is available", least: (n) => `fewest open (${n})` },
  },
  assist: { title: "Suggestions", insert: "Insert into the composer" },
  composer: {
    reply: "Reply", note: "Private note", placeholder: (key) => `Type / for canned replies, ${key} to send`, notePlaceholder: "Only your team sees this. Type @ to mention", send: "Send", addNote: "Add note", emoji: "Emoji", attach: "Attach a file", canned: "Canned replies", noCanned: "No canned reply matches", mention: "Mention", noMention: "No colleague matches", modes: "Composer mode",
    window: (t) => `${t} left to reply`, repliesLeft: (n) => `${n} ${n === 1 ? "reply" : "replies"} left`, windowClosed: "The reply window has closed. You can reply after the customer writes again", repliesUsedUp: "All replies of this window are used. You can reply after the customer writes again",
    bytesLeft: (n) => `${n} bytes left`, charsLeft: (n) => `${n} characters left`, over: (n) => `${n} characters too many`, parts: (n) => `Will be sent in ${n} parts`, paused: "The channel is paused. Resume it to reply", dropHere: "Drop to attach", resolvedHint: "This conversation is resolved; a reply reopens it", label: "Reply text", noteLabel: "Private note text", sendKey: "Send with",
  },
  panel: {
    title: "Customer details", vip: "VIP", setVip: "Mark as VIP", unsetVip: "Remove VIP", conversations: "Conversations", messages: "Messages", mood: "Mood", basics: "Details", phone: "Phone", email: "E-mail", city: "City", company: "Company", channel: "Channel", firstSeen: "First seen", lastSeen: "Last seen", subscribed: "Follows", source: "Source", reveal: "Show the full number", hide: "Hide the number", labels: "Labels", noLabels: "No labels yet. Supervisors add them in Settings", attributes: "Custom fields", addAttribute: "Add a field", attributeName: "Field", attributeValue: "Value", remark: "Remark", remarkHint: "Write something about this customer…", history: "Earlier conversations", timeline: "Timeline of all channels", showTimeline: "Show timeline", editName: "Rename", empty: "—", notSet: "Not set", identities: "Identities", noHistory: "No earlier conversations", conversationLabels: "Conversation labels", category: "Category", noCategory: "Not recognised",
  },
  contacts: { title: "Contacts", search: "Name, phone or company…", empty: "No contact found", emptyHint: "A customer appears here with the first message", lastSeen: "Last seen", conversations: "Conversations", pick: "Choose a contact to see details and timeline", openConversation: "Open conversation" },
  keys: {
    title: "Keyboard shortcuts", groups: { list: "List", conversation: "Conversation", general: "General" }, next: "Next conversation", previous: "Previous conversation", reply: "Reply", note: "Private note", resolve: "Resolve / reopen", assign: "Assign", label: "Label", snooze: "Snooze", search: "Search", palette: "Command palette", help: "Show shortcuts", send: "Send", leave: "Leave the composer",
  },
  palette: { placeholder: "Type a command, customer or page…", search: (words: string) => `Search messages for “${words}”`, go: "Go to", commands: "Commands", contacts: "Contacts" },
  dashboard: {
    title: "Service dashboard", today: "Today", last7: "Last 7 days", last30: "Last 30 days", custom: "Custom", allChannels: "All channels", allTeams: "All teams", exportCsv: "Export CSV", range: "Date range", to: "to", firstDay: "First day", lastDay: "Last day",
    kpi: { conversations: "New conversations", incoming: "Messages in", outgoing: "Replies", first_response_p50: "First response (median)", first_response_p90: "First response (P90)", resolution_p50: "Resolution (median)", resolution_p90: "Resolution (P90)", negative_share: "Negative share", waiting_now: "Waiting now", resolved: "Resolved", backlog: "Backlog", satisfaction: "Satisfaction (1–5)" },
    change: "vs before", noChange: "No change", noPrevious: "Nothing to compare", trend: "Messages and mood", ranking: "Categories", heat: "Category × sentiment", heatHint: "Each number opens the messages behind it", conversations: "Conversations", incoming: "Messages in", outgoing: "Replies", category: "Category", total: "Total", unknownCategory: "Not recognised",
    evidence: "Evidence", evidenceOf: (what) => `${what} · evidence`, evidenceEmpty: "Nothing recorded in this range", open: "Open conversation", empty: "No data in this range", emptyHint: "Choose another range, or wait for customers", loadFailed: "The dashboard could not be loaded", noPermission: "The dashboard is open to supervisors and above", chartLabel: "Line chart of conversations and messages a day", seeTable: "Show as table", seeChart: "Show as chart", day: "Day",
  },
  settings: {
    title: "Settings", notices: "Alerts and reports", personal: "Personal", workspace: "Workspace", me: "Preferences", channels: "Channels", agents: "Agents", teams: "Teams", service: "Service promise", labels: "Labels", words: "Sensitive words", canned: "Canned replies", tokens: "API tokens", journal: "Inbound journal", tasks: "Failed tasks", categories: "Categories", noPermission: "You have no permission to see this page",
    lead: { service: "Business hours and targets: the countdown in lists and the reports go by them", categories: "Train the company's own categories from its examples; try, publish, go back", me: "Only for your own account and this device", channels: "Each channel connects one account of a platform", agents: "People who sign in and serve customers", teams: "Conversations go to teams by category", labels: "Mark conversations and customers", canned: "Type / to use one; they are also suggested by category", tokens: "Keys for programs, shown once when created", journal: "Every request of a platform is kept here first; failed ones can be replayed", tasks: "What could not be done after a message came in: see why, try again or dismiss" },
  },
  me: {
    profile: "Account", name: "Name", login: "Account", role: "Role", appearance: "Appearance", theme: "Theme", language: "Language", sendKey: "Send with", sendWith: { mod: "Ctrl/⌘ + Enter sends, Enter breaks the line", enter: "Enter sends, Shift + Enter breaks the line" }, password: "Change password", currentPassword: "Current password", newPassword: "New password", passwordHint: "At least 10 characters", passwordChanged: "Password changed", notify: "Unread number in the page title",
  },
  role: { agent: "Agent", supervisor: "Supervisor", manager: "Manager", admin: "Administrator" },
  channels: {
    add: "Connect a channel", type: "Platform", webhook: "Callback URL", webhookHint: "Enter it in the platform's server settings", pause: "Pause", resume: "Resume", check: "Check connection", checkOk: "The connection works", checkFailed: "The connection has a problem", lastReceived: "Last received", never: "Never", lastError: "Last error", active: "Active", paused: "Paused", trouble: "Trouble", secretKept: "Saved; leave empty to keep it", empty: "No channel yet", emptyHint: "Connect a WeChat account and customers' messages appear in the inbox", created: "Channel created. Enter the callback URL in the platform's settings", removeAsk: (name) => `Delete channel “${name}”? Its history stays.`, settings: "Settings",
  },
  agents: { add: "Add an agent", login: "Account", capacity: "Capacity", teams: "Teams", disabled: "Disabled", disable: "Disable", enable: "Enable", password: "First password", newPassword: "New password (empty keeps it)", open: "Open", empty: "No agents yet" },
  teams: { add: "New team", categories: "Categories", fallback: "Fallback team", fallbackHint: "Takes conversations no other team claims", members: (n) => `${n} ${n === 1 ? "member" : "members"}`, empty: "No teams yet", emptyHint: "Create a team and choose categories; conversations then find it by themselves", removeAsk: (name) => `Delete team “${name}”?` },
  labels: { add: "New label", empty: "No labels yet", emptyHint: "Mark conversations and customers with labels", removeAsk: (name) => `Delete label “${name}”?` },
  canned: { add: "New canned reply", shortcut: "Shortcut", title: "Title", content: "Content", category: "Suggested for", uses: "Uses", anyCategory: "Any", empty: "No canned replies yet", emptyHint: "Save frequent answers and call them with /", removeAsk: (name) => `Delete canned reply “${name}”?` },
  tokens: { add: "New token", lastUsed: "Last used", never: "Never used", once: "Copy it now: the token is shown only this once", revoke: "Revoke", revokeAsk: (name) => `Revoke token “${name}”? Programs using it lose access at once.`, empty: "No tokens yet", emptyHint: "Create one for a program that calls the API" },
  tasks,
  service,
  taxonomy,
  search,
  views,
  calls,
  snooze,
  fields,
  journal: { state: { pending: "Pending", done: "Done", failed: "Failed" }, received: "Received", attempts: "Attempts", result: "Result", size: "Size", replay: "Replay", replayed: "Processed again", body: "Raw content", empty: "No failed requests", emptyHint: "Everything received has been processed", emptyAny: "Nothing here", channel: "Channel", showBody: "Show content", hideBody: "Hide content" },
  error: {
    title: "Something went wrong", offline: "No network. Check the connection and try again", forbidden: "You have no permission for this", ...merging.error, not_found: "It does not exist or was deleted", conflict: "Somebody else changed it. Reload and try again", too_large: "Too large", too_many_requests: "Too many requests. Wait a moment", unavailable: "The service is not available right now", invalid: "Some input is not valid", generic: "That did not work. Try again",
  },
  webchat,
  wechat,
  wecom, weibo,
  merging,
  email,
  choices,
  exchanges,
  context,
  notFound: { title: "This page does not exist", action: "Back to the inbox" },
  alerts,
  topics,
  mentions,
  boards,
  voice,
  wall,
  paper,
  picture,
  words,
  unit: { day: "d", hour: "h", minute: "min", second: "s", seconds: (n) => `${n} s`, minutes: (n) => `${n} min`, hours: (n) => `${n} h`, days: (n) => `${n} d`, justNow: "just now" },
}
