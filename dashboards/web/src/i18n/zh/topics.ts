export const topics = {
  title: "热点", lead: "客户在说什么，什么突然多了起来", range: "时间范围", ranges: { "24h": "近 24 小时", "7d": "近 7 天", "30d": "近 30 天" },
  alerts: "突发提醒", alertsHint: "某个话题在全部消息中的占比突然升高", rising: "升温话题", risingHint: "与之前相比，占比明显上升", terms: "常说的词", termsHint: "数字是包含这个词的消息数",
  noAlerts: "近 30 天没有突发话题", noRising: "没有明显升温的话题", noHistory: "历史消息还不够多，暂时无法比较", empty: "这个范围内还没有客户消息", emptyHint: "换一个时间范围，或等客户来消息", loadFailed: "热点没有加载成功", noPermission: "热点对主管及以上角色开放", updated: (t: string) => `更新于 ${t}`,
  messages: (n: number) => `${n} 条消息`, expected: (n: string) => `预计 ${n} 条`, times: (n: string) => `${n} 倍`, newTopic: "新话题", people: (n: number) => `${n} 位客户`, negative: (n: string) => `${n}% 负面`,
  explain: (n: number, span: string, expected: string, share: string) => `${span}内 ${n} 条消息，按以往应有 ${expected} 条，${share}% 为负面`,
  explainNew: (n: number, span: string, share: string) => `${span}内 ${n} 条消息，以往没有，${share}% 为负面`,
  firstSeen: (t: string) => `首次出现 ${t}`, channels: "渠道", also: "相关词", voices: "典型说法", similar: (n: number) => `${n} 条相似`, openMessage: "打开会话", mood: (bad: number, flat: number, good: number) => `负面 ${bad}，中性 ${flat}，正面 ${good}`, course: (name: string) => `${name} 的消息数变化`,
  high: "严重", normal: "一般", going: "进行中", ended: (t: string) => `${t} 平息`, since: (t: string) => `${t} 开始`, span: (t: string, u: string) => `${t} – ${u}`,
  state: { open: "待处理", acknowledged: "已确认", snoozed: "已稍后" }, acknowledge: "确认", reopen: "恢复待处理", snooze: "稍后提醒", snoozeOptions: { hour: "1 小时后", day: "1 天后", week: "1 周后" }, snoozedUntil: (t: string) => `稍后至 ${t}`, owner: "负责人", noOwner: "无人负责", handledBy: (who: string, t: string) => `${who} 处理于 ${t}`,
  all: "查看全部", up: "上升", down: "下降", previous: (n: string) => `按以往应有 ${n} 条`,
}
