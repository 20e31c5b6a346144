/** How Weibo's mobile answers are laid out: search (containerid 100103 …) and comments of a post (comments/hotflow). */
import type { Mapping } from "./api"

export const EMPTY: Mapping = { items: "", url: "", id: "", title: "", text: "", author: "", reach: "", published_at: "", repost_of: "", kind: "post" }

export const PRESETS: Record<"search" | "comments", Mapping> = {
  search: {
    items: "data.cards[].mblog", url: "https://weibo.com/{user.id}/{bid}", id: "id", title: "", text: "text", author: "user.screen_name", reach: "user.followers_count",
    published_at: "created_at", repost_of: "https://weibo.com/{retweeted_status.user.id}/{retweeted_status.bid}", kind: "post",
  },
  comments: { items: "data.data[]", url: "", id: "id", title: "", text: "text", author: "user.screen_name", reach: "user.followers_count", published_at: "created_at", repost_of: "", kind: "comment" },
}
