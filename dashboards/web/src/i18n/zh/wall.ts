export const wall = {
  title: "服务大屏", fullscreen: "全屏", leave: "返回看板", waiting: "正在等待", longest: "最久等待", nobodyWaits: "无人等待", open: "未解决会话", loadOf: "处理中会话", unassigned: (n: number) => `${n} 个未分配`, mood: "今日情绪", moodLine: (share: string) => `负面 ${share}`, moodBefore: (share: string) => `上周同日 ${share}`,
  today: "今日新会话", incoming: "今日客户消息", outgoing: "今日回复", response: "今日首次响应", p90: (t: string) => `P90 ${t}`, before: (n: string) => `上周同日 ${n}`, agents: "在线客服", online: (n: number, of: number) => `${n} / ${of} 在线`, load: (n: number, of: number) => `${n} / ${of}`, noAgents: "没有客服在线", alerts: "最近提醒", noAlerts: "近期没有突发",
  updated: (t: string) => `更新于 ${t}`, stale: (t: string) => `连接已断开，数据停在 ${t}，正在重连…`, loading: "正在加载…",
}
