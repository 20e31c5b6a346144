export const alerts = {
  nav: "突发提醒", none: "现在没有需要处理的突发", noneHint: "有话题突然升高时会出现在这里", open: "进入应对室", all: "全部热点", count: (n: number) => `${n} 个突发待处理`, bar: (name: string) => `严重突发：${name}`, later: "知道了",
  settings: "提醒与报告", lead: "突发提醒和定时报告推送到哪里、什么时候、由谁审批",
  tabs: { destinations: "推送目标", rules: "提醒规则", plans: "定时报告", more: "审批与摘要" },
  kind: { wecom_robot: "企业微信群机器人", lark_robot: "飞书群机器人", dingtalk_robot: "钉钉群机器人", webhook: "Webhook", email: "邮件" },
  destination: {
    add: "添加推送目标", empty: "还没有推送目标", emptyHint: "添加群机器人、Webhook 或邮箱，提醒和报告才能送到", kind: "类型", language: "语言", test: "发送测试", tested: "测试消息已送达", testFailed: (why: string) => `没有送达：${why}`,
    pause: "暂停", resume: "恢复", paused: "已暂停", active: "正常", trouble: "异常", lastSent: "最近送达", lastError: "最近错误", never: "还没有", removeAsk: (name: string) => `删除“${name}”？用到它的规则和报告将不再发往这里。`, history: "推送记录", noHistory: "还没有推送过", retry: "重新发送", retried: "已重新排队",
    limits: (rates: string) => `平台限制 ${rates}，超出的会自动排队`, rate: (most: number, seconds: number) => (seconds === 60 ? `每分钟 ${most} 条` : `每 ${seconds} 秒 ${most} 条`), source: "依据",
  },
  notice: { kind: { alert: "突发", report: "报告", test: "测试" }, state: { waiting: "等待发送", sent: "已送达", failed: "没有送达" }, attempts: (n: number) => `尝试 ${n} 次` },
  reason: {
    rate_limited: "发得太快，被平台限流", address_invalid: "地址无效，或机器人已被移出群", signature_refused: "安全校验没有通过，请检查签名密钥、关键词和服务器时间", keyword_missing: "消息里没有机器人要求的关键词", ip_refused: "服务器的 IP 不在机器人的白名单里", too_long: "消息太长", content_refused: "平台不接受消息内容",
    credentials_refused: "邮箱账号或密码不对", recipients_refused: "收件地址被拒绝", refused: "对方拒绝了这条消息", busy: "对方繁忙", unreadable: "对方的回答无法识别，请检查地址", timeout: "对方没有及时回答", unreachable: "连接不上对方", paused: "推送目标已暂停", deleted: "推送目标已删除",
  } as Record<string, string>,
  rule: {
    add: "新建规则", empty: "还没有规则", emptyHint: "没有规则时，突发只在系统内提醒", severity: "严重程度", severities: { normal: "全部突发", high: "仅严重突发" }, channels: "渠道", anyChannel: "全部渠道", monitors: "监测", anyMonitor: "全部", destinations: "推送到", noDestination: "没有推送目标", quiet: "免打扰时段", quietOff: "不设", from: "从", until: "到",
    urgent: "严重突发不受免打扰限制", gather: "合并间隔（分钟）", gatherHint: "推送之后，这段时间内的一般突发合并成一条", repeat: "重复提醒（小时）", repeatHint: "仍在继续且无人确认时再次提醒；0 表示不重复", enabled: "启用", disabled: "已停用", removeAsk: (name: string) => `删除规则“${name}”？`,
    said: (quiet: string, repeat: string) => [quiet, repeat].filter(Boolean).join("，"), quietSaid: (a: string, b: string) => `${a}–${b} 免打扰`, repeatSaid: (h: number) => `每 ${h} 小时重复`,
  },
  plan: {
    add: "新建报告", empty: "还没有定时报告", emptyHint: "每天或每周把数据发到群里或邮箱", every: "周期", everyOf: { day: "每天", week: "每周" }, weekday: "星期", weekdays: ["周一", "周二", "周三", "周四", "周五", "周六", "周日"], at: "时间", channel: "渠道", preview: "预览", sendNow: "立即发送", queued: (n: number) => `已发往 ${n} 个目标`, removeAsk: (name: string) => `删除报告“${name}”？`,
    day: (t: string) => `每天 ${t}，内容为前一天`, week: (d: string, t: string) => `每${d} ${t}，内容为前七天`,
  },
  more: {
    approval: "批量回复须由另一人审批", approvalHint: "打开后，应对室里的统一回复必须由撰写人以外的主管审批", phrasing: "用大模型润色摘要", phrasingHint: "接入兼容 OpenAI 的接口。只发送统计事实，不发送客户原话；回答中的每个数字都会核对，核对不通过则使用模板。", enable: "启用", url: "接口地址", model: "模型", key: "密钥", keyKept: "已保存，留空则不变", saved: "已保存",
  },
  room: {
    title: "应对室", back: "返回热点", since: (t: string) => `${t} 开始`, ended: (t: string) => `${t} 平息`, closed: (who: string, t: string) => `${who} 于 ${t} 关闭`, notFound: "找不到这个突发", noPermission: "应对室对主管及以上角色开放", evidence: "查看消息", owner: "负责人", acknowledge: "确认接手",
    summary: "摘要", summaryHint: "每句话都附有依据，点开即可核对", byModel: "由模型润色，数字已核对", cites: (n: number) => `依据 ${n}`, cite: { message: "消息", mention: "提及", count: "统计" },
    recovery: "声量与情绪", recoveryState: { growing: "仍在升高", easing: "正在回落", recovered: "已恢复" }, phase: { before: "之前", during: "期间", after: "之后" }, messages: "消息", share: "负面占比", perHour: (n: string) => `每小时 ${n} 条`, expected: (n: string) => `平常每小时 ${n} 条`, usual: "平常水平", chart: (n: number) => `按小时的消息数，最高 ${n} 条，红色为负面`, hour: (t: string, n: number, bad: number) => `${t}，${n} 条，${bad} 条负面`, asTable: "按阶段", moodChange: (points: string) => `负面占比 ${points}`,
    affected: "受影响的会话", affectedHint: (contacts: number, messages: number, outside: boolean) => (outside ? `${contacts} 位作者，${messages} 条提及；外面的人没有会话可以回复` : `${contacts} 位客户，${messages} 条消息；下面是未解决的会话`), noAffected: "没有未解决的会话", more: "还有更多会话没有列出", can: "可以回复", messagesOf: (n: number) => `${n} 条相关`,
    reply: "统一回复", replyHint: "撰写、审批，再发给选中的会话；每个会话每一轮只发一次", write: "回复内容", save: "保存待审批", approve: "审批通过", approvedBy: (who: string) => `${who} 已审批`, writtenBy: (who: string) => `${who} 撰写`, needOther: "须由另一位主管审批", apply: (n: number) => `发送给 ${n} 个会话`, applyAsk: (n: number) => `向 ${n} 个会话发送这条回复？发出后不能撤回。`, sending: (done: number, of: number) => `正在发送 ${done} / ${of}`, sent: (n: number, refused: number) => `已发给 ${n} 个会话，${refused} 个不能发送`, again: "再写一条", all: "全选可回复的", outcome: "发送结果", round: (n: number) => `第 ${n} 轮`, waiting: "等待",
    tasks: "任务", addTask: "添加任务", taskTitle: "要做什么", assignee: "负责人", due: "截止", nobody: "未指定", doneBy: (who: string) => `${who} 完成`, noTasks: "还没有任务", markDone: (title: string) => `完成 ${title}`,
    timeline: "时间线", comment: "写点什么…", send: "发表", close: "关闭应对", closeHint: "关闭时保存摘要；之后可以重新打开", remark: "结论（可选）", reopen: "重新打开",
    entry: {
      started: (d: Record<string, string>) => `${d.outside ? "有人" : "客户"}开始提到“${d.name ?? ""}”`, alerted: (d: Record<string, string>) => `发出${d.severity === "high" ? "严重" : ""}提醒，${d.messages ?? "0"} 条${d.outside ? "提及" : "消息"}`, peaked: (d: Record<string, string>) => `到达高峰，1 小时 ${d.messages ?? "0"} 条，${d.negative ?? "0"} 条负面`, calmed: () => "声量平息", state: (d: Record<string, string>) => ({ open: "恢复为待处理", acknowledged: "确认接手", snoozed: "稍后提醒" })[d.state ?? ""] ?? "状态改变", owner: (d: Record<string, string>) => (d.owner_id ? "指定了负责人" : "取消了负责人"), comment: () => "留言", task_added: () => "添加任务", task_done: () => "完成任务", task_reopened: () => "重新打开任务", reply_written: () => "撰写统一回复", reply_approved: () => "审批通过统一回复", reply_applied: (d: Record<string, string>) => `向 ${d.conversations ?? "0"} 个会话发送统一回复`, closed: () => "关闭应对", reopened: () => "重新打开应对",
    } as Record<string, (details: Record<string, string>) => string>,
  },
}
