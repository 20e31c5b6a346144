import type { alerts as zh } from "../zh/alerts"

export const alerts: typeof zh = {
  nav: "Alerts", none: "No burst needs you now", noneHint: "A topic that suddenly grows appears here", open: "Open the incident room", all: "All topics", count: (n) => `${n} ${n === 1 ? "alert" : "alerts"} open`, bar: (name) => `Severe burst: ${name}`, later: "Got it",
  settings: "Alerts and reports", lead: "Where alerts and scheduled reports go, when, and who approves",
  tabs: { destinations: "Destinations", rules: "Alert rules", plans: "Scheduled reports", more: "Approval and summaries" },
  kind: { wecom_robot: "WeCom group robot", lark_robot: "Lark group robot", dingtalk_robot: "DingTalk group robot", webhook: "Webhook", email: "E-mail" },
  destination: {
    add: "Add a destination", empty: "No destination yet", emptyHint: "Alerts and reports need a group robot, a webhook or a mailbox to go to", kind: "Kind", language: "Language", test: "Send a test", tested: "The test arrived", testFailed: (why) => `It did not arrive: ${why}`,
    pause: "Pause", resume: "Resume", paused: "Paused", active: "Active", trouble: "Trouble", lastSent: "Last sent", lastError: "Last error", never: "Never", removeAsk: (name) => `Delete “${name}”? Rules and reports no longer go there.`, history: "History", noHistory: "Nothing was sent yet", retry: "Send again", retried: "Queued again",
    limits: (rates) => `The platform takes ${rates}; the rest waits its turn`, rate: (most, seconds) => (seconds === 60 ? `${most} a minute` : `${most} in ${seconds} s`), source: "source",
  },
  notice: { kind: { alert: "Alert", report: "Report", test: "Test" }, state: { waiting: "Waiting", sent: "Sent", failed: "Failed" }, attempts: (n) => `${n} ${n === 1 ? "try" : "tries"}` },
  reason: {
    rate_limited: "Too fast for the platform", address_invalid: "The address is not valid, or the robot left the group", signature_refused: "The security check failed; look at the signing secret, keywords and the server's clock", keyword_missing: "The message lacks a keyword the robot wants", ip_refused: "The server's IP is not on the robot's list", too_long: "The message is too long", content_refused: "The platform refused the content",
    credentials_refused: "The mail account or password is wrong", recipients_refused: "An address was refused", refused: "It was refused", busy: "The other side is busy", unreadable: "The answer makes no sense; check the address", timeout: "No answer in time", unreachable: "It cannot be reached", paused: "The destination is paused", deleted: "The destination was deleted",
  },
  rule: {
    add: "New rule", empty: "No rule yet", emptyHint: "Without rules, bursts are shown in the hub only", severity: "Severity", severities: { normal: "Every burst", high: "Severe ones only" }, channels: "Channels", anyChannel: "All channels", monitors: "Monitors", anyMonitor: "All", destinations: "Goes to", noDestination: "No destination", quiet: "Quiet hours", quietOff: "None", from: "From", until: "to",
    urgent: "Severe bursts break through quiet hours", gather: "Gather (minutes)", gatherHint: "After a notice, less severe bursts of this time are told together", repeat: "Repeat (hours)", repeatHint: "Told again while it goes on and nobody took it; 0: never", enabled: "Enabled", disabled: "Disabled", removeAsk: (name) => `Delete rule “${name}”?`,
    said: (quiet, repeat) => [quiet, repeat].filter(Boolean).join(", "), quietSaid: (a, b) => `quiet ${a}–${b}`, repeatSaid: (h) => `again every ${h} h`,
  },
  plan: {
    add: "New report", empty: "No scheduled report yet", emptyHint: "Send the figures to a group or mailbox each day or week", every: "Every", everyOf: { day: "Day", week: "Week" }, weekday: "Weekday", weekdays: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"], at: "At", channel: "Channel", preview: "Preview", sendNow: "Send now", queued: (n) => `On its way to ${n} ${n === 1 ? "destination" : "destinations"}`, removeAsk: (name) => `Delete report “${name}”?`,
    day: (t) => `Every day at ${t}, of the day before`, week: (d, t) => `Every ${d} at ${t}, of the seven days before`,
  },
  more: {
    approval: "A reply to many needs a second person", approvalHint: "The reply of an incident room is then approved by another supervisor than its writer", phrasing: "Let a language model phrase summaries", phrasingHint: "Any endpoint that speaks OpenAI's protocol. It gets counted facts, never customers' words; every number of its answer is checked, and the template stands where one does not match.", enable: "Enabled", url: "Base URL", model: "Model", key: "Key", keyKept: "Saved; leave empty to keep it", saved: "Saved",
  },
  room: {
    title: "Incident room", back: "Back to topics", since: (t) => `Since ${t}`, ended: (t) => `Quiet since ${t}`, closed: (who, t) => `Closed by ${who}, ${t}`, notFound: "There is no such alert", noPermission: "Incident rooms are for supervisors and above", evidence: "See the messages", owner: "Owner", acknowledge: "Take it on",
    summary: "Summary", summaryHint: "Every sentence carries its evidence", byModel: "Phrased by a model, numbers checked", cites: (n) => `Evidence ${n}`, cite: { message: "Message", mention: "Mention", count: "Count" },
    recovery: "Volume and mood", recoveryState: { growing: "Still growing", easing: "Easing", recovered: "Recovered" }, phase: { before: "Before", during: "During", after: "After" }, messages: "Messages", share: "Negative", perHour: (n) => `${n} an hour`, expected: (n) => `usually ${n} an hour`, usual: "Usual level", chart: (n) => `Messages by the hour, at most ${n}, the negative ones in red`, hour: (t, n, bad) => `${t}: ${n} messages, ${bad} negative`, asTable: "By phase", moodChange: (points) => `negative ${points}`,
    affected: "Affected conversations", affectedHint: (contacts, messages, outside) => (outside ? `${contacts} authors, ${messages} mentions; who writes outside has no conversation to answer` : `${contacts} customers, ${messages} messages; unresolved conversations below`), noAffected: "No unresolved conversation", more: "There are more than are listed", can: "Can be answered", messagesOf: (n) => `${n} about it`,
    reply: "Reply to all", replyHint: "Written, approved, then sent to the chosen conversations; once a round each", write: "Reply text", save: "Save for approval", approve: "Approve", approvedBy: (who) => `Approved by ${who}`, writtenBy: (who) => `Written by ${who}`, needOther: "Another supervisor has to approve it", apply: (n) => `Send to ${n} ${n === 1 ? "conversation" : "conversations"}`, applyAsk: (n) => `Send this reply to ${n} conversations? It cannot be taken back.`, sending: (done, of) => `Sending ${done} / ${of}`, sent: (n, refused) => `Sent to ${n} conversations, ${refused} not permitted`, again: "Write another", all: "All that can be answered", outcome: "Outcome", round: (n) => `Round ${n}`, waiting: "Waiting",
    tasks: "Tasks", addTask: "Add task", taskTitle: "What is to be done", assignee: "Assignee", due: "Due", nobody: "Nobody", doneBy: (who) => `Done by ${who}`, noTasks: "No task yet", markDone: (title) => `Done: ${title}`,
    timeline: "Timeline", comment: "Write something…", send: "Post", close: "Close the incident", closeHint: "Closing keeps the summary; it can be opened again", remark: "Conclusion (optional)", reopen: "Open again",
    entry: {
      started: (d) => `${d.outside ? "People" : "Customers"} begin to mention “${d.name ?? ""}”`, alerted: (d) => `${d.severity === "high" ? "Severe alert" : "Alert"}, ${d.messages ?? "0"} ${d.outside ? "mentions" : "messages"}`, peaked: (d) => `Peak: ${d.messages ?? "0"} ${d.outside ? "mentions" : "messages"} in an hour, ${d.negative ?? "0"} negative`, calmed: () => "Quiet again", state: (d) => ({ open: "Open again", acknowledged: "Taken on", snoozed: "Snoozed" })[d.state ?? ""] ?? "State changed", owner: (d) => (d.owner_id ? "Owner chosen" : "Owner taken away"), comment: () => "Comment", task_added: () => "Task added", task_done: () => "Task done", task_reopened: () => "Task opened again", reply_written: () => "Reply written", reply_approved: () => "Reply approved", reply_applied: (d) => `Reply sent to ${d.conversations ?? "0"} conversations`, closed: () => "Incident closed", reopened: () => "Incident opened again",
    },
  },
}
