export const context = {
  quoted: "回复的消息", forwarded: (who: string) => `转发自 ${who}`, edited: "已编辑", original: "原文", asTemplate: "超出回复时限，已按模板发送",
  event: {
    reaction: "用表情回应了消息", reaction_removed: "撤回了表情回应", message_deleted: "撤回了一条消息", pinned_message: "置顶了一条消息", successful_payment: "完成了付款", refunded_payment: "收到了退款",
    message_auto_delete_timer_changed: "更改了自动删除时间", write_access_allowed: "允许机器人发消息", connected_website: "用账号登录了网站",
    account_link: "绑定了账号", beacon: "走进了信标（Beacon）的范围", video_played: "看完了视频", membership: "会员有变化", menu_switched: "切换了菜单",
    enter: "打开了对话", changed_number: "更换了电话号码", changed_user_id: "更换了账号", identity_changed: "更换了设备或重新安装了应用", referral: "通过链接或广告进入", optin: "同意接收消息", account_linking: "绑定或解绑了账号",
  } as Record<string, string>,
}
