export const taxonomy = {
  state: { draft: "草稿", stale: "改动后未训练", trained: "已训练，可发布", published: "使用中", retired: "曾使用" },
  shipped: "出厂分类", shippedHint: "零售客服的通用分类，随时可以退回", versions: "分类版本", version: (n: number) => `第 ${n} 版`,
  add: "新建版本", start: "从哪里开始", startShipped: "以出厂分类为起点（可改名、合并、增删）", startNothing: "从零开始", startCopy: (name: string) => `复制“${name}”`,
  emptyHint: "新建一个版本，导入每类 20–50 条例句，几秒训练好，试过再发布",
  categories: "分类", examples: "例句", accuracy: "准确率", number: "版本", stateTitle: "状态", updated: "最近改动",
  open: "打开", publish: "发布", rollback: "退回到这一版", use: "使用", publishAsk: (name: string) => `发布“${name}”？之后的新消息按它分类，已分类的消息不变。`, published: "已发布，新消息按它分类",
  lostTeams: (names: string) => `这些技能组负责的分类不在新版本里，会接不到会话：${names}`,
  removeAsk: (name: string) => `确定删除“${name}”和它的例句？`, log: "发布记录", logEmpty: "还没有发布过，使用的是出厂分类", loggedAt: "时间", who: "谁", what: "发布了什么", threshold: "阈值",
  back: "全部版本", fixed: "这一版发布过，内容不再改动；要修改，请复制成新版本。", copyOf: (name: string) => `${name} 修订`, copyAndEdit: "复制成新版本", rename: "改名",
  steps: { teach: "例句", train: "训练", judge: "检验", publish: "发布" },
  import: {
    title: "导入例句", lead: "每类 20–50 条就能用。Excel（.xlsx）、CSV 或 TSV，两列：文本、分类；表里的新分类会自动建立。", file: "选择文件", drop: "把文件拖到这里，或", template: "下载模板", paste: "粘贴", pasteHint: "每行一条。从表格里复制两列直接粘贴即可；只有一列时，请选它们的分类。", pasteLabel: "粘贴的例句", into: "没有写分类的行归入", intoNone: "（各行自带分类）", submit: "加入例句", busy: "正在读取…",
  },
  told: {
    done: (added: number, rows: number) => `${rows} 行里加入了 ${added} 条`, duplicates: (n: number) => `${n} 条已经有了，跳过`, fresh: (names: string) => `新建分类：${names}`, encoding: (name: string) => `按 ${name} 读取`, bad: (n: number) => `${n} 行没有加入`, conflicts: (n: number) => `${n} 条文本相同、分类不同`, line: "行", reason: "原因", text: "文本", inFile: "文件里的分类", known: "已有的分类", take: "改用文件里的", more: (n: number) => `还有 ${n} 条没有列出`,
    reasons: { no_text: "没有文本", no_category: "没有分类", too_long: "超过 500 字", name_too_long: "分类名超过 40 字" },
  },
  category: { add: "新建分类", name: "名称", english: "英文名", description: "说明", descriptionHint: "哪些算、哪些不算，写给标注的同事看", few: (n: number) => `还差 ${n} 条`, remove: "删除", removeInto: "例句并入", removeAll: "例句一起删除", removeTitle: (name: string) => `删除分类“${name}”`, empty: "还没有分类", emptyHint: "导入例句时会自动建立，也可以先手动新建" },
  example: { of: (name: string) => `“${name}”的例句`, all: "全部例句", empty: "还没有例句", source: "来源", move: "改到别的分类", sources: { seed: "出厂", import: "导入", paste: "粘贴", correction: "客服纠正" }, by: (who: string) => `由 ${who} 加入` },
  train: {
    title: "训练", start: "开始训练", again: "重新训练", cancel: "取消训练", running: "正在训练…", step: { reading: "读取例句", testing: "交叉验证", unknown: "试没教过的内容", training: "训练最终模型", done: "完成", "": "准备" } as Record<string, string>,
    never: "在后台训练，几秒到几分钟，可以离开这一页。", need: (names: string) => `每个分类至少要 5 条例句，还不够的：${names}`, needTwo: "至少要有两个分类。", stale: "上次训练之后又有改动，请重新训练。",
    status: { running: "训练中", done: "训练完成", failed: "训练没有成功", cancelled: "已取消", interrupted: "服务重启，训练中断，请重新开始" },
  },
  report: {
    title: "检验结果", how: (tested: number, folds: number, seconds: string) => `${tested} 条例句做 ${folds} 折交叉验证：每一条都由没见过它的模型来读；用时 ${seconds} 秒。`, seeds: (n: number) => `出厂例句 ${n} 条只参与训练，不参与检验。`,
    accuracy: "最可能的分类猜对", right: "给出的分类里正确", unknown: "答“未知”", strangers: "没教过的内容答“未知”", strangersHint: "把一个分类整个拿掉再问它：没教过的内容，应当答“未知”", interval: (low: string, high: string) => `95% 区间 ${low}–${high}`, of: (n: number) => `共 ${n} 条`,
    threshold: "置信度阈值", thresholdHint: "低于它就答“未知”。训练时按数据选定：设想十条里有一条是没教过的内容，给出的分类仍至少 85% 正确。可以自己移动。", chosen: (t: string) => `训练选定 ${t}`, save: "保存阈值", saved: "阈值已保存，下次发布起生效", move: (unknown: string, right: string) => `在这里：教过的内容 ${unknown} 答“未知”，给出的分类 ${right} 正确`, moveStrangers: (share: string) => `，没教过的 ${share} 答“未知”`,
    perCategory: "各分类", precision: "查准", recall: "查全", tested: "检验条数", confusion: "混淆表", confusionHint: "行是例句的分类，列是读成的分类；点击一格，看那一行分类的例句", asUnknown: "未知", none: "—",
    doubts: "可疑的例句", doubtsHint: "没见过它们的模型很有把握地读成了别的分类，多半是标错了。就地改好，再训练一次。", noDoubts: "没有可疑的例句", label: "现在的分类", reads: "模型读成", fix: "改成模型的", drop: "删除", fixed: "已处理",
  },
  try: { title: "试几句", label: "每行一句", placeholder: "我的快递怎么还没到\n可以开电子发票吗", submit: "读一读", unknown: "未知", why: "依据", guesses: "可能是", needTraining: "训练之后可以在这里试" },
  queue: {
    title: "客服的纠正", lead: "客服在会话里改过或确认过的分类。采纳后成为某个版本的例句，下次训练就学会了。", empty: "没有等待处理的纠正", emptyHint: "在会话里把鼠标移到客户消息上，点“纠正”", text: "消息", was: "模型读成", now: "客服说是", by: "谁、何时", accept: "采纳到", acceptAll: "采纳所选", drop: "不采纳", chosen: (n: number) => `已选 ${n} 条`, selectAll: "全选", noVersion: "先新建一个版本，再采纳", openMessage: "查看会话", waiting: (n: number) => `${n} 条待处理`,
  },
  drift: { title: "分类准不准", lead: "每天夜里统计：客服纠正了多少，纠正或确认过的消息里模型读对了多少。", drifting: "最近 7 天的纠正明显多于之前 28 天：客户说的话变了，或模型不合适了，该补例句重新训练。", steady: "最近没有明显变化。", share: "被纠正的消息", right: "分类读对", day: "日期", read: "读过", corrected: "纠正", judged: "说过分类的", empty: "还没有纠正过的消息", chart: "按天的纠正占比" },
  correct: { open: "纠正", title: "纠正这条消息的识别", category: "问题分类", mood: "情绪", unknown: "不属于任何一类", done: "已纠正，会进入下次训练的候选", confirmed: "已确认", by: (who: string) => `${who} 已确认或纠正` },
}
