import { boards } from "./zh/boards"
import { voice } from "./zh/voice"
import { wall } from "./zh/wall"
import { paper } from "./zh/paper"
import { picture } from "./zh/picture"
import { alerts } from "./zh/alerts"
import { topics } from "./zh/topics"
import { mentions } from "./zh/mentions"
import { search } from "./zh/search"
import { taxonomy } from "./zh/taxonomy"
import { tasks } from "./zh/tasks"
import { context } from "./zh/context"
import { choices } from "./zh/choices"
import { email } from "./zh/email"
import { exchanges } from "./zh/exchanges"
import { webchat } from "./zh/webchat"
import { merging } from "./zh/merging"
import { wecom } from "./zh/wecom"
import { weibo } from "./zh/weibo"
import { wechat } from "./zh/wechat"
import { service } from "./zh/service"
import { words } from "./zh/words"
import { snooze } from "./zh/snooze"
import { fields } from "./zh/fields"
import { views } from "./zh/views"
import { calls } from "./zh/calls"

/** The dictionary, Chinese first. Its shape is the contract: `en` must have every word of it. */
export const zh = {
  app: { name: "SCRM", loading: "正在加载…", skip: "跳到正文" },
  nav: {
    main: "主导航", inbox: "会话", dashboard: "看板", topics: "热点", contacts: "客户", settings: "设置", theme: "切换深浅主题",
    themeNames: { system: "跟随系统", light: "浅色", dark: "深色" }, language: "Switch to English", account: "我的账号",
    signOut: "退出登录", help: "快捷键", palette: "命令面板",
  },
  availability: { title: "接待状态", online: "在线", busy: "忙碌", offline: "离线" },
  signIn: {
    title: "登录", welcome: "欢迎回来", lead: "所有渠道的客户，都在这一条时间线上", login: "账号", password: "密码", submit: "登录",
    showPassword: "显示密码", hidePassword: "隐藏密码",
    wrong: "账号或密码不正确", throttled: (s: number) => `尝试次数过多，请 ${s} 秒后再试`, expired: "登录已过期，请重新登录。未发送的内容已为您保留。",
  },
  connection: { reconnecting: "正在重连…", offline: "连接已断开，正在重连…输入的内容不会丢失", retryNow: "立即重连" },
  common: {
    save: "保存", cancel: "取消", remove: "删除", edit: "编辑", add: "新建", close: "关闭", copy: "复制", copied: "已复制", retry: "重试",
    more: "更多", back: "返回", search: "搜索", all: "全部", none: "无", confirm: "确定", pair: (name: string, value: string) => `${name}：${value}`, saved: "已保存", yes: "是", no: "否",
    loadMore: "加载更多", name: "名称", unknown: "未知", you: "我", unassigned: "未分配", color: "颜色", actions: "操作", createdAt: "创建时间",
  },
  inbox: {
    title: "会话", search: "搜索客户、消息内容…", clearSearch: "清除搜索", tabs: { me: "我的", none: "未分配", any: "全部" }, tabList: "会话归属", filter: "筛选",
    status: { active: "处理中", open: "待处理", pending: "等待客户", snoozed: "已稍后", resolved: "已解决" },
    filterStatus: "状态", filterChannel: "渠道", filterTeam: "技能组", filterLabel: "标签", clearFilters: "清除筛选",
    empty: { me: "没有分配给您的会话", none: "没有待认领的会话", any: "还没有会话", filtered: "没有符合条件的会话" },
    emptyHint: { me: "去“未分配”里认领一个吧", none: "所有会话都有人负责，真棒", any: "接入一个渠道后，客户的消息会出现在这里", filtered: "换个条件，或清除筛选" },
    emptyAction: { me: "查看未分配", none: "查看全部", any: "接入渠道", filtered: "清除筛选" },
    pick: "选择一个会话开始接待", pickHint: "按 j / k 上下移动，按 ? 查看全部快捷键",
    unread: (n: number) => `${n} 条未读`, vip: "VIP 客户", you: "我：", listLabel: "会话列表",
    window: (t: string) => `可回复 ${t}`, waiting: (t: string) => `已等 ${t}`, windowHot: (t: string) => `窗口 ${t}`,
    loadFailed: "会话没有加载成功",
  },
  kind: { image: "[图片]", voice: "[语音]", video: "[视频]", file: "[文件]", location: "[位置]", link: "[链接]", event: "[事件]", unknown: "[未知消息]", note: "[备注]" },
  mood: { negative: "情绪负面", neutral: "情绪平稳", positive: "情绪正面", short: { negative: "负面", neutral: "中性", positive: "正面" } },
  thread: {
    log: "消息记录", loadOlder: "加载更早的消息", start: "会话从这里开始", newMessages: "新消息", toBottom: "回到底部", today: "今天", yesterday: "昨天",
    assignee: "负责人", assignToMe: "分配给我", resolve: "解决", reopen: "重新打开", snooze: "稍后处理", unsnooze: "取消稍后", details: "客户资料",
    snoozeOptions: { hour: "1 小时后", evening: "今天 18:00", tomorrow: "明天 9:00", monday: "下周一 9:00" }, snoozedUntil: (t: string) => `稍后处理至 ${t}`,
    mentioned: (name: string, text: string) => `${name} 提到了您：${text}`,
    typing: (name: string) => `${name} 正在输入…`, loadFailed: "消息没有加载成功", notFound: "找不到这个会话",
    system: "系统", api: "接口", priority: { normal: "普通", high: "高优先级", urgent: "紧急" }, analysed: "问题分类",
    noMessages: "还没有消息",
  },
  status: {
    queued: "排队中", sending: "发送中", retrying: "正在重试", unknown: "结果未知", failed: "发送失败", sent: "已发送", delivered: "已送达", read: "已读",
    posting: "发送中", unsent: "未发出", retry: "重新发送", giveUp: "标记为未送达", discard: "删除", editAgain: "重新编辑",
    unknownHint: "平台没有回应，客户可能已经收到。请先确认，再决定是否重发。",
  },
  sendError: {
    ...wechat.sendError,
    ...wecom.sendError,
    window_closed: "超过平台允许的回复时间，客户再次来消息后才能回复", replies_used_up: "本次可回复条数已用完，客户再次来消息后才能回复", too_long: "内容超过平台长度限制，请分段发送",
    unsupported_content: "该渠道不支持这种消息类型", recipient_unknown: "平台找不到这位客户，可能已取消关注", blocked_by_contact: "客户已屏蔽或取消关注", content_refused: "内容未通过平台审核，请修改后再发",
    media_refused: "文件格式或大小不被平台接受", not_permitted: "该账号没有此接口权限，请联系管理员", address_not_allowed: "服务器 IP 不在平台白名单，请联系管理员", credentials_refused: "渠道凭证失效，请管理员在“渠道”中更新",
    rate_limited: "发送太频繁，稍后会自动重试", daily_quota: "平台的消息额度已用完", platform_busy: "平台繁忙，稍后会自动重试", unreachable: "暂时连不上平台", timeout: "平台没有及时回应",
    channel_paused: "该渠道已暂停，恢复后才能发送", platform_error: "平台返回了错误", offline: "网络已断开，恢复后会自动发送", restored: "备份之后可能已经发出，恢复时没有再发", other: "没有发送成功",
  } as Record<string, string>,
  attachment: {
    pending: "文件获取中…", failed: "文件获取失败", nameOnly: "平台只提供文件名，不提供内容", download: "下载", openImage: "查看大图", voice: "语音", video: "视频", file: "文件", location: "位置", play: "播放", pause: "暂停", speed: "播放速度",
    seconds: (n: number) => `${n}″`, uploading: "上传中", removeFile: "移除", tooLarge: (mb: string) => `文件不能超过 ${mb}`, wrongType: "该渠道不支持发送这种文件", uploadFailed: "上传失败", unknownMessage: (type: string) => `暂不支持的消息类型：${type}`,
  },
  event: {
    follow: "关注了账号", subscribe: "关注了账号", unfollow: "取消了关注", unsubscribe: "取消了关注", scan: "扫描了二维码", click: "点击了菜单", menu_click: "点击了菜单", view: "打开了菜单链接", menu_view: "打开了菜单链接", location: "上报了位置",
    enter_session: "进入了会话", user_enter_tempsession: "进入了会话", other: (name: string) => `触发了事件 ${name}`,
  },
  activity: {
    assigned: (who: string) => `会话已分配给 ${who}`, unassigned: "会话已取消分配", claimed: "认领了会话", status: (s: string) => `会话状态改为“${s}”`, resolved: "会话已解决", reopened: "会话重新打开", snoozed: (t: string) => `稍后处理至 ${t}`,
    team: (name: string) => `转到技能组 ${name}`, labelled: (names: string) => `添加标签 ${names}`, unlabelled: (names: string) => `移除标签 ${names}`, priority: (p: string) => `优先级改为 ${p}`, category: (c: string) => `问题分类改为 ${c}`, routed: (team: string) => `自动分配到 ${team}`, unrouted: "暂未分配", by: (who: string, what: string) => `${who}：${what}`, opened: "会话开始",
    comma: "，", reason: { vip: "VIP 客户", mood: "情绪负面", category: (c: string) => `问题分类：${c}`, kept: "沿用原负责人", fallback: "兜底组", noTeam: "没有匹配的技能组", noAgent: "暂无可接待的客服", least: (n: string) => `接待数最少（${n}）` },
  },
  assist: { title: "建议回复", insert: "插入到输入框" },
  composer: {
    reply: "回复", note: "内部备注", placeholder: (key: string) => `输入 / 使用快捷回复，${key} 发送`, notePlaceholder: "仅团队可见，输入 @ 提醒同事", send: "发送", addNote: "添加备注", emoji: "表情", attach: "添加附件", canned: "快捷回复", noCanned: "没有匹配的快捷回复", mention: "提醒同事", noMention: "没有匹配的同事", modes: "输入模式",
    window: (t: string) => `可回复剩余 ${t}`, repliesLeft: (n: number) => `还可回复 ${n} 条`, windowClosed: "超过平台允许的回复时间，客户再次来消息后才能回复", repliesUsedUp: "本次可回复条数已用完，客户再次来消息后才能回复",
    bytesLeft: (n: number) => `还可输入 ${n} 字节`, charsLeft: (n: number) => `还可输入 ${n} 字`, over: (n: number) => `超出 ${n} 字`, parts: (n: number) => `将分 ${n} 条发送`, paused: "该渠道已暂停，恢复后才能回复", dropHere: "松开以添加附件", resolvedHint: "会话已解决，发送回复会重新打开", label: "输入回复内容", noteLabel: "输入内部备注", sendKey: "发送快捷键",
  },
  panel: {
    title: "客户资料", vip: "VIP", setVip: "设为 VIP", unsetVip: "取消 VIP", conversations: "会话", messages: "消息", mood: "近期情绪", basics: "基本信息", phone: "手机", email: "邮箱", city: "城市", company: "公司", channel: "渠道", firstSeen: "首次来访", lastSeen: "最近来访", subscribed: "关注", source: "来源", reveal: "显示完整号码", hide: "隐藏号码", labels: "标签", noLabels: "还没有标签，管理员可在设置中添加", attributes: "自定义字段", addAttribute: "添加字段", attributeName: "字段名", attributeValue: "内容", remark: "备注", remarkHint: "写点关于这位客户的备注…", history: "历史会话", timeline: "全部渠道时间线", showTimeline: "查看时间线", editName: "修改称呼", empty: "—", notSet: "未填写", identities: "身份", noHistory: "没有更早的会话", conversationLabels: "会话标签", category: "问题分类", noCategory: "未识别",
  },
  contacts: { title: "客户", search: "搜索姓名、手机、公司…", empty: "没有找到客户", emptyHint: "客户第一次来消息后会自动出现在这里", lastSeen: "最近来访", conversations: "会话数", pick: "选择一位客户查看资料与时间线", openConversation: "打开会话" },
  keys: {
    title: "快捷键", groups: { list: "会话列表", conversation: "当前会话", general: "通用" }, next: "下一个会话", previous: "上一个会话", reply: "回复", note: "内部备注", resolve: "解决 / 重新打开", assign: "分配负责人", label: "添加标签", snooze: "稍后处理", search: "搜索", palette: "命令面板", help: "显示快捷键", send: "发送", leave: "离开输入框",
  },
  palette: { placeholder: "输入命令、客户或页面…", search: (words: string) => `在消息里搜索“${words}”`, go: "前往", commands: "命令", contacts: "客户" },
  dashboard: {
    title: "服务看板", today: "今天", last7: "近 7 天", last30: "近 30 天", custom: "自定义", allChannels: "全部渠道", allTeams: "全部技能组", exportCsv: "导出 CSV", range: "时间范围", to: "至", firstDay: "开始日期", lastDay: "结束日期",
    kpi: { conversations: "新会话", incoming: "客户消息", outgoing: "回复消息", first_response_p50: "首次响应（中位）", first_response_p90: "首次响应（P90）", resolution_p50: "解决时长（中位）", resolution_p90: "解决时长（P90）", negative_share: "负面情绪占比", waiting_now: "正在等待", resolved: "已解决会话", backlog: "未解决会话", satisfaction: "满意度（1–5）" },
    change: "较对比期", noChange: "持平", noPrevious: "对比期无数据", trend: "消息与情绪趋势", ranking: "问题分类排行", heat: "问题分类 × 情绪", heatHint: "点击任一数字，查看背后的消息", conversations: "会话", incoming: "客户消息", outgoing: "回复", category: "问题分类", total: "合计", unknownCategory: "未识别",
    evidence: "数据明细", evidenceOf: (what: string) => `${what} · 明细`, evidenceEmpty: "这个范围内没有记录", open: "打开会话", empty: "这个范围内还没有数据", emptyHint: "换一个时间范围，或等客户来消息", loadFailed: "看板没有加载成功", noPermission: "看板对主管及以上角色开放", chartLabel: "按天的会话与消息数量折线图", seeTable: "以表格查看", seeChart: "以图表查看", day: "日期",
  },
  settings: {
    title: "设置", notices: "提醒与报告", personal: "个人", workspace: "工作区", me: "个人偏好", channels: "渠道", agents: "客服", teams: "技能组", service: "服务承诺", labels: "标签", words: "敏感词", canned: "快捷回复", tokens: "API 令牌", journal: "接收日志", tasks: "失败任务", categories: "问题分类", noPermission: "您没有权限查看此页面",
    lead: { service: "营业时间与响应时效：会话列表的倒计时和报表都以此为准", categories: "用公司自己的例句训练分类，试过再发布，随时退回", me: "只影响您自己的账号与这台设备", channels: "每个渠道是一个平台账号的连接", agents: "能登录并接待客户的人", teams: "会话按问题分类分到技能组", labels: "给会话与客户做记号", canned: "输入 / 即可调用，也会按问题分类出现在建议里", tokens: "给程序使用的密钥，只在创建时显示一次", journal: "平台推来的每个请求都先记在这里，失败的可以重放", tasks: "收到消息之后没有做成的事：看原因，重试或忽略" },
  },
  me: {
    profile: "账号", name: "姓名", login: "账号", role: "角色", appearance: "外观", theme: "主题", language: "语言", sendKey: "发送快捷键", sendWith: { mod: "Ctrl/⌘ + Enter 发送，Enter 换行", enter: "Enter 发送，Shift + Enter 换行" }, password: "修改密码", currentPassword: "当前密码", newPassword: "新密码", passwordHint: "至少 10 个字符", passwordChanged: "密码已修改", notify: "网页标题提醒未读",
  },
  role: { agent: "客服", supervisor: "主管", manager: "经理", admin: "管理员" },
  channels: {
    add: "接入渠道", type: "平台", webhook: "回调地址（URL）", webhookHint: "把它填到平台后台的“服务器配置”里", pause: "暂停", resume: "恢复", check: "检查连接", checkOk: "连接正常", checkFailed: "连接有问题", lastReceived: "最近收到", never: "从未", lastError: "最近错误", active: "运行中", paused: "已暂停", trouble: "有异常", secretKept: "已保存，留空则不变", empty: "还没有接入渠道", emptyHint: "接入微信公众号，客户的消息就会出现在会话里", created: "渠道已创建，请把回调地址填到平台后台", removeAsk: (name: string) => `确定删除渠道“${name}”？历史会话会保留。`, settings: "配置",
  },
  agents: { add: "添加客服", login: "登录账号", capacity: "接待上限", teams: "所属技能组", disabled: "已停用", disable: "停用", enable: "启用", password: "初始密码", newPassword: "重设密码（留空不变）", open: "接待中", empty: "还没有客服" },
  teams: { add: "新建技能组", categories: "负责的问题分类", fallback: "兜底组", fallbackHint: "接收没有匹配到任何技能组的会话", members: (n: number) => `${n} 人`, empty: "还没有技能组", emptyHint: "新建技能组并指定问题分类，会话就能自动分配", removeAsk: (name: string) => `确定删除技能组“${name}”？` },
  labels: { add: "新建标签", empty: "还没有标签", emptyHint: "用标签给会话和客户做记号", removeAsk: (name: string) => `确定删除标签“${name}”？` },
  canned: { add: "新建快捷回复", shortcut: "快捷码", title: "标题", content: "内容", category: "建议用于", uses: "使用次数", anyCategory: "不限", empty: "还没有快捷回复", emptyHint: "把常用回答存下来，输入 / 就能调用", removeAsk: (name: string) => `确定删除快捷回复“${name}”？` },
  tokens: { add: "新建令牌", lastUsed: "最近使用", never: "从未使用", once: "请立即复制，令牌只显示这一次", revoke: "吊销", revokeAsk: (name: string) => `确定吊销令牌“${name}”？使用它的程序会立刻失去访问权限。`, empty: "还没有令牌", emptyHint: "给需要调用接口的程序创建一个" },
  tasks,
  service,
  taxonomy,
  search,
  views,
  calls,
  snooze,
  fields,
  journal: { state: { pending: "处理中", done: "已完成", failed: "失败" }, received: "收到时间", attempts: "尝试", result: "结果", size: "大小", replay: "重放", replayed: "已重新处理", body: "原始内容", empty: "没有失败的请求", emptyHint: "收到的消息都已处理完毕", emptyAny: "这里没有记录", channel: "渠道", showBody: "查看原文", hideBody: "收起原文" },
  error: {
    title: "出了点问题", offline: "网络已断开，请检查网络后重试", forbidden: "您没有权限执行此操作", ...merging.error, not_found: "内容不存在或已被删除", conflict: "内容已被他人修改，请刷新后重试", too_large: "内容太大", too_many_requests: "操作太频繁，请稍后再试", unavailable: "服务暂时不可用，请稍后再试", invalid: "填写的内容有误", generic: "操作没有成功，请重试",
  } as Record<string, string>,
  webchat,
  wechat,
  wecom, weibo,
  merging,
  email,
  choices,
  exchanges,
  context,
  notFound: { title: "页面不存在", action: "回到会话" },
  alerts,
  topics,
  mentions,
  boards,
  voice,
  wall,
  paper,
  picture,
  words,
  unit: { day: "天", hour: "小时", minute: "分", second: "秒", seconds: (n: string) => `${n} 秒`, minutes: (n: string) => `${n} 分`, hours: (n: string) => `${n} 小时`, days: (n: string) => `${n} 天`, justNow: "刚刚" },
}
export type Dictionary = typeof zh
