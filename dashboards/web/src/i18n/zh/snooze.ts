export const snooze = { own: "其他时间", day: "日期", time: "时间", past: "这个时间已经过去" }
