import type { taxonomy as zh } from "../zh/taxonomy"

export const taxonomy: typeof zh = {
  state: { draft: "Draft", stale: "Changed since training", trained: "Trained, ready to publish", published: "In use", retired: "Used before" },
  shipped: "Shipped categories", shippedHint: "General categories for retail service; always there to go back to", versions: "Versions", version: (n: number) => `Version ${n}`,
  add: "New version", start: "Start from", startShipped: "The shipped categories (rename, merge, add)", startNothing: "Nothing", startCopy: (name: string) => `A copy of “${name}”`,
  emptyHint: "Begin a version, import 20–50 examples a category, train in seconds, try it, then publish",
  categories: "Categories", examples: "Examples", accuracy: "Accuracy", number: "Version", stateTitle: "State", updated: "Last change",
  open: "Open", publish: "Publish", rollback: "Go back to this version", use: "Use", publishAsk: (name: string) => `Publish “${name}”? New messages will be read by it; those already read stay as they are.`, published: "Published: new messages are read by it",
  lostTeams: (names: string) => `These teams claim categories the new version lacks, and would get no conversations by them: ${names}`,
  removeAsk: (name: string) => `Delete “${name}” and its examples?`, log: "Publications", logEmpty: "Nothing published yet: the shipped categories are in use", loggedAt: "When", who: "Who", what: "What", threshold: "Threshold",
  back: "All versions", fixed: "This version was published and stays as it was; to change it, copy it into a new one.", copyOf: (name: string) => `${name}, revised`, copyAndEdit: "Copy into a new version", rename: "Rename",
  steps: { teach: "Examples", train: "Training", judge: "Results", publish: "Publishing" },
  import: {
    title: "Import examples", lead: "20–50 a category will do. Excel (.xlsx), CSV or TSV with two columns, text and category; new categories in it are made by themselves.", file: "Choose a file", drop: "Drop a file here, or", template: "Download a template", paste: "Paste", pasteHint: "One a line. Paste two columns copied from a table; with one column, choose their category.", pasteLabel: "Pasted examples", into: "Lines without a category go to", intoNone: "(each line names its own)", submit: "Add examples", busy: "Reading…",
  },
  told: {
    done: (added: number, rows: number) => `${added} of ${rows} rows added`, duplicates: (n: number) => `${n} known already, skipped`, fresh: (names: string) => `New categories: ${names}`, encoding: (name: string) => `read as ${name}`, bad: (n: number) => `${n} rows not added`, conflicts: (n: number) => `${n} with the same text under another category`, line: "Row", reason: "Reason", text: "Text", inFile: "Category in the file", known: "Category so far", take: "Use the file's", more: (n: number) => `${n} more are not listed`,
    reasons: { no_text: "No text", no_category: "No category", too_long: "Over 500 characters", name_too_long: "Category name over 40 characters" },
  },
  category: { add: "New category", name: "Name", english: "English name", description: "Description", descriptionHint: "What belongs here and what does not, for those who label", few: (n: number) => `${n} more needed`, remove: "Delete", removeInto: "Move its examples to", removeAll: "Delete its examples too", removeTitle: (name: string) => `Delete the category “${name}”`, empty: "No categories yet", emptyHint: "An import makes them by itself; or add them by hand" },
  example: { of: (name: string) => `Examples of “${name}”`, all: "All examples", empty: "No examples yet", source: "Source", move: "Move to another category", sources: { seed: "Shipped", import: "Imported", paste: "Pasted", correction: "Corrected by an agent" }, by: (who: string) => `Added by ${who}` },
  train: {
    title: "Training", start: "Start training", again: "Train again", cancel: "Cancel training", running: "Training…", step: { reading: "Reading examples", testing: "Cross-validating", training: "Training the final model", done: "Done", "": "Preparing" } as Record<string, string>,
    never: "Runs in the background, from seconds to some minutes; you may leave this page.", need: (names: string) => `Each category needs 5 examples at least; not there yet: ${names}`, needTwo: "There must be two categories at least.", stale: "Something was changed since the last training: train again.",
    status: { running: "Training", done: "Training done", failed: "Training failed", cancelled: "Cancelled", interrupted: "The hub restarted and the training was interrupted; start it again" },
  },
  report: {
    title: "Results", how: (tested: number, folds: number, seconds: string) => `${tested} examples, ${folds}-fold cross-validation: each was read by a model that had not seen it; took ${seconds} s.`, seeds: (n: number) => `${n} shipped phrases were trained on but not tested on.`,
    accuracy: "Best guess is right", right: "Right among those answered", unknown: "Answered “unknown”", interval: (low: string, high: string) => `95% interval ${low}–${high}`, of: (n: number) => `of ${n}`,
    threshold: "Confidence threshold", thresholdHint: "Below it the answer is “unknown”. Training chose it from the data so that at least 85% of the answers given are right; you may move it.", chosen: (t: string) => `chosen by training: ${t}`, save: "Save threshold", saved: "Threshold saved; it counts from the next publication on", move: (unknown: string, right: string) => `Here ${unknown} are answered “unknown”, and ${right} of the answers are right`,
    perCategory: "By category", precision: "Precision", recall: "Recall", tested: "Tested", confusion: "Confusion table", confusionHint: "Rows: the examples' category; columns: what it was read as. Click a cell to see the examples of that row", asUnknown: "Unknown", none: "–",
    doubts: "Doubtful examples", doubtsHint: "Models that had not seen them read them otherwise, and surely: most are mislabelled. Mend them here, then train again.", noDoubts: "No doubtful examples", label: "Category now", reads: "Model reads", fix: "Use the model's", drop: "Delete", fixed: "Done",
  },
  try: { title: "Try sentences", label: "One a line", placeholder: "Where is my parcel\nCan I get an electronic invoice", submit: "Read them", unknown: "Unknown", why: "Because of", guesses: "Maybe", needTraining: "After training you can try it here" },
  queue: {
    title: "Agents' corrections", lead: "Categories that agents corrected or confirmed in conversations. Accepted ones become examples of a version, and the next training learns them.", empty: "No corrections wait", emptyHint: "In a conversation, point at a customer's message and choose “Correct”", text: "Message", was: "Model said", now: "Agent says", by: "Who and when", accept: "Accept into", acceptAll: "Accept chosen", drop: "Drop", chosen: (n: number) => `${n} chosen`, selectAll: "Choose all", noVersion: "Begin a version first", openMessage: "Open conversation", waiting: (n: number) => `${n} waiting`,
  },
  drift: { title: "How well it reads", lead: "Counted every night: how much agents corrected, and how often the model had been right where they spoke.", drifting: "In the last 7 days agents corrected surely more than in the 28 before: customers say other things, or the model does not fit. Add examples and train again.", steady: "No marked change lately.", share: "Messages corrected", right: "Category right", day: "Day", read: "Read", corrected: "Corrected", judged: "Category judged", empty: "Nothing has been corrected yet", chart: "Share corrected, by day" },
  correct: { open: "Correct", title: "Correct what was read of this message", category: "Category", mood: "Mood", unknown: "None of these", done: "Corrected; it is queued for the next training", confirmed: "Confirmed", by: (who: string) => `Corrected or confirmed by ${who}` },
}
