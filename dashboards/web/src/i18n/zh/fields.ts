/** The calendar of a date field. */
export const fields = {
  calendar: "选择日期", earlier: "上个月", later: "下个月", weekdays: ["一", "二", "三", "四", "五", "六", "日"],
}
