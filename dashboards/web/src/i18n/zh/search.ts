export const search = {
  results: "搜索结果", contacts: "客户", messages: "消息", filters: "筛选搜索结果", clear: "清除筛选",
  channel: "渠道", assignee: "客服", me: "我", nobody: "未分配", when: "时间", label: "标签", category: "问题分类", sentiment: "情绪", kind: "类型",
  spans: { today: "今天", "7": "近 7 天", "30": "近 30 天", "365": "近一年" }, between: "选择日期…", from: "从", until: "到",
  moods: { negative: "负面", neutral: "中性", positive: "正面" }, kinds: { incoming: "客户消息", outgoing: "回复", note: "备注" },
  best: "最相关", newest: "最新在前", total: (n: number) => `${n} 条`, more: (n: number) => `${n}+ 条`, onward: "更多结果", further: "继续查找更早的消息",
  none: "没有找到客户或消息", noneHint: "换个更短的词试试，也可以输入拼音，如 tuihuo", noneFiltered: "当前筛选条件下没有结果", failed: "搜索没有成功",
  partial: "搜索索引还在建立，较早的消息可能暂时搜不到",
}
