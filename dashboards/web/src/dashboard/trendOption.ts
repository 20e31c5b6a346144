/** The trend as ECharts wants it: mood as stacked bars (red, grey, green), conversations and replies as lines. */
import type { EChartsCoreOption } from "echarts/core"
import type { Overview } from "@/api/types"
import type { Dictionary } from "@/i18n/zh"

/** What a line looks like, for a legend. */
export const SOLID = "path://M0 3h14v2h-14z"
export const DASHED = "path://M0 3h5v2h-5zM9 3h5v2h-5z"

type Color = (name: string) => string
interface TipItem {
  seriesName: string
  value: number | null
  color: string
  axisValue: string
}

/** The tooltip is built from elements: markup with style attributes would break the strict CSP. */
function tooltip(items: TipItem[]): HTMLElement {
  const root = document.createElement("div")
  root.className = "tip"
  root.append(items[0]?.axisValue ?? "")
  for (const item of items) {
    const row = document.createElement("div")
    row.className = "r"
    const dot = document.createElement("i")
    dot.style.background = item.color
    const value = document.createElement("b")
    value.textContent = item.value === null ? "—" : String(item.value)
    row.append(dot, item.seriesName, value)
    root.append(row)
  }
  return root
}

export function trendOption(trend: Overview["trend"], before: Overview["trend"], t: Dictionary, color: Color, narrow: boolean): EChartsCoreOption {
  const mute = color("--text-3")
  const bar = (id: "negative" | "neutral" | "positive", fill: string) => ({
    id, type: "bar", stack: "mood", name: t.mood.short[id], data: trend.map((d) => d[id]), itemStyle: { color: fill }, barMaxWidth: 22,
  })
  const line = (id: "conversations" | "outgoing", name: string, stroke: string, type: "solid" | "dashed") => ({
    id, type: "line", name, data: trend.map((d) => d[id]), symbolSize: 6, showSymbol: trend.length === 1, smooth: 0.2, triggerLineEvent: true,
    lineStyle: { color: stroke, width: 2, type }, itemStyle: { color: stroke },
  })
  const compared = before.length > 0
  const roundRect = (id: "negative" | "neutral" | "positive") => ({ name: t.mood.short[id], icon: "roundRect" })
  return {
    animationDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 300,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 8, right: 12, top: 16, bottom: narrow ? 58 : 34, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    // Five at once are as many as can be told apart: with a comparison, replies are a click away.
    legend: {
      bottom: 0, itemWidth: 14, itemHeight: 8, itemGap: 12, textStyle: { color: mute }, inactiveColor: color("--border-2"), selected: { [t.dashboard.outgoing]: !compared },
      data: [
        roundRect("negative"), roundRect("neutral"), roundRect("positive"), { name: t.dashboard.conversations, icon: SOLID },
        ...(compared ? [{ name: t.boards.conversationsBefore, icon: SOLID }] : []), { name: t.dashboard.outgoing, icon: DASHED },
      ],
    },
    tooltip: {
      trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: color("--hover"), opacity: 0.5 } }, backgroundColor: color("--surface"),
      borderColor: color("--border"), textStyle: { color: color("--text") }, formatter: (items: unknown) => tooltip(items as TipItem[]),
    },
    xAxis: {
      type: "category", data: trend.map((d) => d.day), axisTick: { show: false }, axisLine: { lineStyle: { color: color("--border") } },
      axisLabel: { color: mute, formatter: (day: string) => day.slice(5).replace("-", "/") },
    },
    yAxis: { type: "value", minInterval: 1, axisLabel: { color: mute }, splitLine: { lineStyle: { color: color("--border") } } },
    series: [
      bar("negative", color("--danger")),
      bar("neutral", color("--neutral")),
      bar("positive", color("--ok")),
      line("conversations", t.dashboard.conversations, color("--brand"), "solid"),
      line("outgoing", t.dashboard.outgoing, color("--accent"), "dashed"),
      {
        id: "before", type: "line", name: t.boards.conversationsBefore, data: trend.map((_, i) => before[i]?.conversations ?? null), symbol: "none", smooth: 0.2, silent: true,
        lineStyle: { color: color("--brand"), width: 1.5, opacity: 0.38 }, itemStyle: { color: color("--brand"), opacity: 0.38 },
      },
    ],
  }
}
