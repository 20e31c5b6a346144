/** Calling an agent who looks elsewhere. */
export const calls = {
  title: "离开页面时提醒", sound: "声音提醒", desktop: "桌面通知",
  insecure: "浏览器只在 HTTPS 或本机地址下允许桌面通知", denied: "浏览器没有允许通知，请在地址栏左侧的网站设置里打开",
  message: (name: string) => `${name} 发来新消息`,
  assigned: (name: string) => `${name} 的会话分配给了您`,
  woken: (name: string) => `${name}：稍后处理的时间到了`,
}
