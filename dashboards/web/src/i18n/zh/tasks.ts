export const tasks = {
  kind: { analyse: "识别问题与情绪", fetch_media: "下载文件", fetch_profile: "获取客户资料", route: "分配会话", receipt: "发送回执", hand_over: "同步平台会话", sync_tags: "同步标签" },
  what: "要做的事", error: "没做成的原因", attempts: "尝试", open: "查看消息", openContact: "查看客户", retry: "重试", retried: "已重新安排", dismiss: "忽略", dismissAsk: "忽略后不会再处理这一项，消息本身不受影响。", empty: "没有失败的任务", emptyHint: "收到消息之后的处理都已完成",
}
