/** One customer with several records, made one. */
import type { merging as zh } from "../zh/merging"

export const merging: typeof zh = {
  title: "May be the same person", shares: { phone: "same phone", email: "same e-mail" }, merge: "Merge", other: "Merge another contact…", find: "Name, phone or e-mail", none: "Nobody else was found",
  ask: (other: string, name: string) => `Make “${other}” part of “${name}”? Conversations, messages, accounts and labels move here, and the other contact goes. This cannot be undone.`,
  done: (name: string) => `Merged into “${name}”`, conversations: (n: number) => `${n} ${n === 1 ? "conversation" : "conversations"}`,
  error: { both_open: "Both have an unresolved conversation on one channel: resolve one of them first", two_accounts: "These are two accounts of one platform, which permits replies to each by itself: they cannot be merged" } as Record<string, string>,
}
