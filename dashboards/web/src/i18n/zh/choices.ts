/** 渠道设置的选项；括号里是说明、文档和接口所用的值。 */
export const choices: Record<string, string> = {
  safe: "安全模式（safe）", compatible: "兼容模式（compatible）", plain: "明文模式（plain）",
  polling: "主动拉取（polling）", webhook: "平台推送（webhook）", websocket: "长连接（websocket）", socket_mode: "长连接（socket_mode）",
  hub: "系统登记（hub）", console: "后台手工填写（console）", mentioned: "只接 @ 的消息（mentioned）", all: "接全部消息（all）", never: "不接（never）",
  tls: "TLS", starttls: "STARTTLS", none: "不加密（none）", on: "开启（on）", off: "关闭（off）",
  auto: "跟随系统（auto）", light: "浅色（light）", dark: "深色（dark）", right: "右下角（right）", left: "左下角（left）",
}
