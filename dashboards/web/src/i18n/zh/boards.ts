export const boards = {
  title: "看板", nav: "看板导航", overview: "总览", service: "服务质量", voice: "客户之声", report: "日报周报", wall: "大屏",
  filters: "筛选", yesterday: "昨天", presets: "时间范围", compare: "对比", against: { previous: "上一周期", week: "上周同期", month: "上月同期", custom: "自选区间" }, compareFirst: "对比区间开始", compareLast: "对比区间结束",
  versus: (from: string, to: string) => `对比 ${from} 至 ${to}`, versusDay: (day: string) => `对比 ${day}`,
  last90: "近 90 天", partly: (from: string, to: string, since: string) => `对比区间 ${from} 至 ${to} 从 ${since} 起才有数据，不计算变化`, noneThen: (since: string) => `对比区间还没有数据（数据始于 ${since}），不计算变化`, wholeDay: (n: string) => `对比日全天 ${n}`,
  conversationsBefore: "会话（对比区间）",
  saved: "已存看板", saveThis: "保存当前看板", saveName: "名称", saveShared: "共享给所有主管", noSaved: "把页面与筛选条件存下来，下次一点就到", drop: "删除", dropAsk: (name: string) => `确定删除看板“${name}”？`, shared: "共享",
  export: "导出", csv: "CSV 表格", excel: "Excel 工作簿",
}
