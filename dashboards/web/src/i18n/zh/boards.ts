export const boards = {
  title: "看板", nav: "看板导航", overview: "总览", service: "服务质量", voice: "客户之声", report: "日报周报", wall: "大屏",
  filters: "筛选", yesterday: "昨天", presets: "时间范围", compare: "对比", against: { previous: "上一周期", week: "上周同期", month: "上月同期", custom: "自选区间" }, compareFirst: "对比区间开始", compareLast: "对比区间结束",
  versus: (from: string, to: string) => `对比 ${from} 至 ${to}`, versusDay: (day: string) => `对比 ${day}`,
  conversationsBefore: "会话（对比区间）",
  export: "导出", csv: "CSV 表格", excel: "Excel 工作簿",
}
