export const webchat = {
  customerTyping: "客户正在输入…", publicName: "对外名称", publicNameHint: "网页访客看到的称呼；不填则显示“客服”。",
  generate: "随机生成", generated: "请先复制保存，网站的服务器签名时要用；保存后不再显示。",
  snippet: "放到网页里的代码", snippetHint: "粘贴在网页的 </body> 之前，只在“允许的网站”里有效。", copySnippet: "复制代码",
  event: { chat_form: "填写了聊天前表单", away_form: "在非工作时间留言" } as Record<string, string>,
  rated: (score: string) => `评价了服务：${"★".repeat(Number(score) || 0)}（${score} 分）`,
}
