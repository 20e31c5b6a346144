/** 微博：私信与评论。 */
export const weibo = {
  event: { subscribe: "订阅了账号", unsubscribe: "取消了订阅", scan_follow: "扫码并关注" } as Record<string, string>,
  publicReply: (post: string) => `将公开回复这条评论，所有人可见${post ? `：“${post}”` : ""}`,
}
