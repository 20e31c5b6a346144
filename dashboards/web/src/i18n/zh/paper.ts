export const paper = {
  kind: "报告周期", daily: "日报", weekly: "周报", day: "日期", earlier: "前一期", later: "后一期", print: "打印 / PDF", title: { daily: "服务日报", weekly: "服务周报" }, against: (from: string, to: string) => (from === to ? `对比上周同日 ${from}` : `对比上周 ${from} 至 ${to}`), unfinished: "当期尚未结束，数字截至生成时",
  trend: { daily: "近 14 天消息与负面", weekly: "每日消息与负面" }, trendHint: "柱为客户消息，红色为负面，线为前一时段", categories: "问题分类", was: "对比期", negative: "负面", findings: "发现", alerts: "提醒", noAlerts: "没有突发提醒", noFindings: "没有客户消息", since: (t: string) => `${t} 起`, made: (t: string) => `生成于 ${t}`, links: "每个数字都可点开查看依据", alertLine: (n: number, expected: string) => `${n} 条消息，按以往应有 ${expected} 条`, alertNew: (n: number) => `${n} 条消息，以往没有`,
}
