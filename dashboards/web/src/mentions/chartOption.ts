/** Volume with its expected band above, negative share with its usual bound below, as ECharts wants it. */
import type { EChartsCoreOption } from "echarts/core"
import type { Dictionary } from "@/i18n/zh"
import { clock, dateTime, dayOf } from "@/lib/time"
import type { Point } from "./api"
import { percent } from "./mentions"

type Color = (name: string) => string

/** Elements, not markup: style attributes would break the strict CSP. */
function tip(point: Point, grain: "hour" | "day", t: Dictionary, color: Color): HTMLElement {
  const root = document.createElement("div")
  root.className = "tip"
  root.append(grain === "hour" ? dateTime(point.start) : dayOf(new Date(point.start)))
  const row = (fill: string, name: string, value: string) => {
    const line = document.createElement("div")
    line.className = "r"
    const dot = document.createElement("i")
    dot.style.background = fill
    const strong = document.createElement("b")
    strong.textContent = value
    line.append(dot, name, strong)
    root.append(line)
  }
  row(color("--brand"), t.mentions.volume, String(point.items))
  if (point.low !== null && point.high !== null) row(color("--border-2"), t.mentions.usual, `${Math.round(point.low)} – ${Math.round(point.high)}`)
  row(color("--danger"), t.mentions.negativeShare, point.share === null ? "–" : percent(point.share))
  if (point.share_high !== null && point.items) row(color("--border-2"), t.mentions.usualMost, percent(point.share_high))
  return root
}

/** Beyond what is to be expected: drawn in the colour of a warning. */
export const above = (point: Point): boolean => point.high !== null && point.items > point.high
export const worse = (point: Point): boolean => point.share !== null && point.share_high !== null && point.items >= 5 && point.share > point.share_high

export function chartOption(points: readonly Point[], grain: "hour" | "day", t: Dictionary, color: Color): EChartsCoreOption {
  const mute = color("--text-3")
  const label = (start: string) => (grain === "hour" ? clock(start) : dayOf(new Date(start)).slice(5).replace("-", "/"))
  const axis = (gridIndex: number, show: boolean) => ({
    type: "category", gridIndex, data: points.map((point) => point.start), axisTick: { show: false }, axisLine: { lineStyle: { color: color("--border") } },
    axisLabel: { show, color: mute, formatter: label },
  })
  const band = (id: string, of: (point: Point) => number | null, area: boolean) => ({
    id, type: "line", name: t.mentions.usual, data: points.map(of), stack: "band", symbol: "none", silent: true, step: false, lineStyle: { opacity: 0 },
    ...(area ? { areaStyle: { color: color("--border-2"), opacity: 0.55 } } : {}), tooltip: { show: false }, z: 1,
  })
  return {
    animationDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 300,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: [{ left: 44, right: 12, top: 12, height: "54%" }, { left: 44, right: 12, top: "72%", bottom: 24 }],
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    tooltip: {
      trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: color("--hover"), opacity: 0.5 } }, backgroundColor: color("--surface"), borderColor: color("--border"), textStyle: { color: color("--text") },
      formatter: (items: unknown) => tip(points[(items as { dataIndex: number }[])[0]?.dataIndex ?? 0]!, grain, t, color),
    },
    xAxis: [axis(0, false), axis(1, true)],
    yAxis: [
      { type: "value", gridIndex: 0, minInterval: 1, axisLabel: { color: mute }, splitLine: { lineStyle: { color: color("--border") } } },
      { type: "value", gridIndex: 1, min: 0, max: 1, interval: 0.5, axisLabel: { color: mute, formatter: (value: number) => `${Math.round(value * 100)}%` }, splitLine: { lineStyle: { color: color("--border") } } },
    ],
    series: [
      band("low", (point) => point.low, false),
      band("high", (point) => (point.low === null || point.high === null ? null : point.high - point.low), true),
      {
        id: "items", type: "bar", name: t.mentions.volume, barMaxWidth: 18, z: 2,
        data: points.map((point) => ({ value: point.items, itemStyle: { color: above(point) ? color("--warn") : color("--brand"), borderRadius: [2, 2, 0, 0] } })),
      },
      {
        id: "usual", type: "line", xAxisIndex: 1, yAxisIndex: 1, symbol: "none", silent: true, data: points.map((point) => (point.items ? point.share_high : null)),
        lineStyle: { color: color("--border-2"), type: "dashed", width: 1.5 }, connectNulls: true,
      },
      {
        id: "share", type: "line", xAxisIndex: 1, yAxisIndex: 1, name: t.mentions.negativeShare, connectNulls: true, symbolSize: 5, showSymbol: true,
        data: points.map((point) => ({ value: point.share, itemStyle: { color: worse(point) ? color("--danger") : color("--neutral") }, symbolSize: worse(point) ? 8 : 4 })),
        lineStyle: { color: color("--danger"), width: 1.5 },
      },
    ],
  }
}
