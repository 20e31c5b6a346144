import type { words as zh } from "../zh/words"

export const words: typeof zh = {
  title: "Sensitive words", lead: "Notice risks in customers' messages and keep back replies that must not leave; spaced, full-width, traditional, look-alike and same-sounding spellings count",
  add: "New list", name: "Name", action: "On a hit", words: "Words", label: "Add label", noLabel: "No label", hits: "Hits", enabled: "On", count: (n: number) => `${n} words`, unknownLabel: "Deleted label",
  actions: { flag: "Mark the conversation", risk: "Mark and raise priority", block: "Keep from sending" },
  actionHint: { flag: "A hit in a customer's message leaves a line in the conversation", risk: "Also raises the conversation's priority to high", block: "Checks replies only: one with such a word is not sent. Customers' messages are never held back" },
  wordsHint: "One word a line; add ',sound' at its end to find homophones and pinyin too", sound: "sound", importFile: "Import CSV or text", imported: (n: number) => `Read; ${n} words in all`, tooMany: (n: number) => `A list holds at most ${n} words`, tooLong: (word: string) => `'${word}' is too long: a word has at most 50 characters`,
  removeAsk: (name: string) => `Delete the list '${name}'? What it has found stays on record.`, empty: "No lists yet", emptyHint: "Make a list and paste the words to watch for",
  period: (n: number) => `Hits in ${n} days`, hitsOf: (name: string) => `${name} · hits`, noHits: "Nothing found yet", kept: "This reply was not sent", open: "Open conversation", more: "More",
  try: "Try a sentence", tryHint: "See what would be found; nothing is kept", tryPlaceholder: "Paste a message to check", found: "Found", nothing: "No word and no personal data found", masked: "As agents see it",
  variant: { exact: "as listed", width: "full width or case", spaced: "spaced out", traditional: "traditional", lookalike: "look-alike", sound: "same sound" },
  personal: { mobile: "Mobile number", landline: "Landline", email: "E-mail", id_card: "ID card", bank_card: "Bank card", passport: "Passport", licence_plate: "Licence plate", tax_id: "Company tax id" },
  privacy: "Personal data", mask: "Hide personal data from agents", maskHint: "Agents see phone, ID and card numbers as 138****8000; supervisors and above see them whole. When an agent chooses 'Show in full', the conversation notes who looked.", adminOnly: "Only administrators can change this",
  hit: (list: string, found: string) => `On '${list}': ${found}`, noticed: (list: string, found: string) => `Words of the list '${list}': ${found}`, revealed: "looked at a message in full", reveal: "Show in full",
  blocked: (word: string) => `Holds '${word}', which may not be sent; change it and send again`,
  suggest: { history: (n: number) => `Answered so ${n}×`, canned: "Prepared reply", source: "Open where it comes from", question: "A similar question", key: (n: number) => `Insert suggestion ${n}`, keys: "Insert a suggestion" },
  blanks: (names: string) => `Fill in ${names} before sending`,
}
