/** Figures of a company's categories, worded and arranged. Pure. */
import type { DayOfReadings, Taxonomy, TrainingReport } from "@/api/taxonomy"

export const LEAST_EXAMPLES = 5

export const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`

/** Categories that have too few examples to train, with how many they have. */
export function tooFew(version: Pick<Taxonomy, "categories" | "counts">): string[] {
  return version.categories.filter((c) => (version.counts[c.code] ?? 0) < LEAST_EXAMPLES).map((c) => c.name_zh)
}

export const exampleCount = (version: Pick<Taxonomy, "counts">): number =>
  Object.values(version.counts).reduce((sum, n) => sum + n, 0)

/** What a threshold would mean, between the steps that were measured. */
export function atThreshold(steps: TrainingReport["steps"], threshold: number): Omit<TrainingReport["steps"][number], "threshold"> {
  const after = steps.findIndex((step) => step.threshold >= threshold)
  if (after <= 0) return steps[after === 0 ? 0 : steps.length - 1] ?? { unknown: 0, right: 0, strangers: null }
  const [a, b] = [steps[after - 1]!, steps[after]!]
  const way = (threshold - a.threshold) / (b.threshold - a.threshold)
  const between = (from: number, to: number) => from + way * (to - from)
  const strangers = a.strangers === null || b.strangers === null ? null : between(a.strangers, b.strangers)
  return { unknown: between(a.unknown, b.unknown), right: between(a.right, b.right), strangers }
}

export interface ConfusionTable {
  /** Codes, in the order of rows and columns. */
  codes: string[]
  /** By row: counts by column, then unknown, then the row's total. */
  rows: { code: string; counts: number[]; unknown: number; total: number }[]
}

export function confusionTable(report: Pick<TrainingReport, "confusion" | "categories">): ConfusionTable {
  const codes = report.categories.filter((c) => c.examples > 0 || report.confusion.some((cell) => cell.read === c.code)).map((c) => c.code)
  const count = (truth: string, read: string | null) => report.confusion.find((c) => c.truth === truth && c.read === read)?.count ?? 0
  const rows = codes.map((code) => {
    const counts = codes.map((read) => count(code, read))
    const unknown = count(code, null)
    return { code, counts, unknown, total: counts.reduce((sum, n) => sum + n, 0) + unknown }
  })
  return { codes, rows }
}

/** Points of a polyline over `days` in a box of width by height: the share of messages corrected. */
export function driftLine(days: readonly DayOfReadings[], width: number, height: number): { points: string; top: number } {
  const shares = days.map((day) => (day.read ? Math.min(1, day.corrected / day.read) : 0))
  const top = Math.max(0.05, ...shares)
  const step = days.length > 1 ? width / (days.length - 1) : 0
  const points = shares.map((share, i) => `${(i * step).toFixed(1)},${(height - (share / top) * height).toFixed(1)}`).join(" ")
  return { points, top }
}

/** The names of teams that claim a category which `codes` lacks. */
export function orphaned(teams: readonly { name: string; categories: string[] }[], codes: readonly string[]): string[] {
  return teams.filter((team) => team.categories.some((code) => !codes.includes(code))).map((team) => team.name)
}
