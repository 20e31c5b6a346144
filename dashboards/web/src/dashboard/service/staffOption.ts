/** Staffing against demand as ECharts wants it: what comes as bars, replies as a line, agents on an axis of their own. */
import type { EChartsCoreOption } from "echarts/core"
import type { Dictionary } from "@/i18n/zh"
import { DASHED, SOLID } from "../trendOption"
import type { StaffHour } from "./api"

interface TipItem {
  seriesName: string
  value: number
  color: string
  dataIndex: number
}

/** width: of the chart in pixels; on a phone the legend takes two lines. */
export function staffOption(staffing: StaffHour[], days: number, t: Dictionary, color: (name: string) => string, width = 1000): EChartsCoreOption {
  const mute = color("--text-3")
  const daily = (count: number) => Math.round((count / days) * 100) / 100
  /** Built from elements: markup with style attributes would break the strict CSP. */
  function tooltip(items: TipItem[]): HTMLElement {
    const root = document.createElement("div")
    root.className = "tip"
    const row = staffing[items[0]?.dataIndex ?? 0]!
    root.append(t.service.hour(row.hour))
    const rows: [string, string, string][] = items.map((item) => [item.color, item.seriesName, String(item.value)])
    if (row.agent_days) rows.push(["transparent", t.service.perAgent, (row.incoming / row.agent_days).toFixed(1)])
    for (const [fill, name, value] of rows) {
      const line = document.createElement("div")
      line.className = "r"
      const dot = document.createElement("i")
      dot.style.background = fill
      const number = document.createElement("b")
      number.textContent = value
      line.append(dot, name, number)
      root.append(line)
    }
    return root
  }
  return {
    animationDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 300,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 8, right: 8, top: 30, bottom: width < 420 ? 54 : 34, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: { bottom: 0, itemWidth: 14, itemHeight: 8, data: [{ name: t.service.demand, icon: "roundRect" }, { name: t.service.replies, icon: SOLID }, { name: t.service.answering, icon: DASHED }], textStyle: { color: mute }, inactiveColor: color("--border-2") },
    tooltip: {
      trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: color("--hover"), opacity: 0.5 } }, backgroundColor: color("--surface"),
      borderColor: color("--border"), textStyle: { color: color("--text") }, formatter: (items: unknown) => tooltip(items as TipItem[]),
    },
    xAxis: { type: "category", data: staffing.map((row) => row.hour), axisTick: { show: false }, axisLine: { lineStyle: { color: color("--border") } }, axisLabel: { color: mute, interval: 2 } },
    yAxis: [
      { type: "value", name: t.service.axisMessages, nameTextStyle: { color: mute, align: "left" }, axisLabel: { color: mute }, splitLine: { lineStyle: { color: color("--border") } } },
      { type: "value", name: t.service.axisAgents, nameTextStyle: { color: mute, align: "right" }, minInterval: 1, axisLabel: { color: mute }, splitLine: { show: false } },
    ],
    series: [
      { id: "demand", type: "bar", name: t.service.demand, data: staffing.map((row) => daily(row.incoming)), itemStyle: { color: color("--brand"), opacity: 0.45 }, barMaxWidth: 18 },
      { id: "replies", type: "line", name: t.service.replies, data: staffing.map((row) => daily(row.outgoing)), symbol: "none", lineStyle: { color: color("--brand"), width: 2 }, itemStyle: { color: color("--brand") } },
      { id: "agents", type: "line", step: "middle", yAxisIndex: 1, name: t.service.answering, data: staffing.map((row) => daily(row.agent_days)), symbolSize: 5, lineStyle: { color: color("--accent"), width: 2, type: "dashed" }, itemStyle: { color: color("--accent") } },
    ],
  }
}
