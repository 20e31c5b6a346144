/** 微信客服：客户与接待人员做了什么，平台上的会话怎么样了。 */
export const wecom = {
  event: {
    message_recalled: "撤回了一条消息", servicer_message: "企业微信接待人员回复", servicer_message_recalled: "企业微信接待人员撤回了一条消息",
    session_status_change: "企业微信会话状态变更", reject_customer_msg_switch_change: "企业微信接待人员开启或关闭了拒收",
  } as Record<string, string>,
  session: { taken: "平台会话已由本系统接待", ended: "平台会话已结束" } as Record<string, string>,
}
