/** 渠道卡片：最近往来、测试消息、错误说明。 */
export const exchanges = {
  title: "最近往来", show: "查看", hide: "收起", refresh: "刷新", none: "还没有往来记录",
  hint: "只记录时间、方向、类型、结果和大小，不含内容和客户身份", listLabel: "最近往来记录",
  columns: { at: "时间", way: "方向", kind: "类型", outcome: "结果", size: "大小", ref: "编号" },
  way: { in: "收到", out: "发出" } as Record<string, string>,
  kind: {
    webhook: "推送", challenge: "地址验证", fetched: "拉取到的内容", notice: "新消息通知", pull: "拉取", check: "检查连接", text: "文字", image: "图片", voice: "语音", video: "视频", file: "文件", template: "模板消息",
  } as Record<string, string>,
  outcome: { ok: "成功", bad_signature: "签名不正确", stale: "时间过期", too_large: "内容过大", malformed: "格式不正确" } as Record<string, string>,
  test: "发送测试消息", testLead: "发给一位最近发过消息的客户，对方会真的收到。消息会出现在会话里，并遵守平台的回复规则。",
  testTo: "发给", testText: "内容", testDefault: "这是一条测试消息，请忽略。", testSend: "发送", testNobody: "这个渠道还没有客户写来消息，请先用您自己的账号发一条。",
  testSent: "平台已接受测试消息", testPending: "消息还在发送中，请稍后在会话里查看", testFailed: "没有发出", openConversation: "打开会话",
}
