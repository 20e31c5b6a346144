/** 微信客服：客户与接待人员做了什么，平台上的会话怎么样了。 */
export const wecom = {
  event: {
    message_recalled: "撤回了一条消息", servicer_message: "收到企业微信接待人员的回复", servicer_message_recalled: "企业微信接待人员撤回了一条消息",
    session_status_change: "企业微信会话状态变更", reject_customer_msg_switch_change: "企业微信接待人员开启或关闭了拒收",
  } as Record<string, string>,
  session: {
    taken: "平台会话已由本系统接待", ended: "平台会话已结束", passed_on: "转给了企业微信接待人员", queued: "转入了企业微信接待队列",
    taken_back: "从企业微信收回了会话，客户再次来信后可以回复", returned: "会话已回到本系统",
  } as Record<string, string>,
  servicers: {
    passOn: "转给企业微信接待人员…", title: "转给企业微信接待人员", any: "任一接待人员", anyHint: "进入企业微信的接待队列", away: "停止接待",
    none: "这个客服账号没有接待人员", find: "查找接待人员", takeBack: "收回会话", passed: (who: string) => `已转给 ${who}`, back: "会话已收回",
    with: (who: string) => `企业微信接待人员 ${who} 正在接待，这里暂时不能回复`, queued: "客户正在企业微信接待队列中，这里暂时不能回复",
    badge: (who: string) => `企业微信 · ${who}`, badgeQueued: "企业微信排队中",
  },
  sendError: { with_servicer: "企业微信接待人员正在接待这位客户，请先收回会话", servicer_away: "该接待人员现在不接待客户，请换一位" } as Record<string, string>,
}
