/** Weibo: private messages and comments. */
import type { weibo as zh } from "../zh/weibo"

export const weibo: typeof zh = {
  event: { subscribe: "subscribed", unsubscribe: "unsubscribed", scan_follow: "scanned a code and followed" },
  publicReply: (post: string) => `A public answer to the comment, for everybody to read${post ? `: “${post}”` : ""}`,
}
