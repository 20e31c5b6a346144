/** What the wall works out from what it was told. Pure. */
import type { Agent, Overview } from "@/api/types"
import type { Moods } from "../api"

/** Asked again this often, and besides a moment after anything moved. */
export const AGAIN = 15_000
/** Older than this, numbers on a wall are wrong: it says so. */
export const STALE = 60_000

/** Those at work, the fullest first; the busy after the online. */
export function atWork(agents: readonly Agent[]): Agent[] {
  const rank = { online: 0, busy: 1, offline: 2 }
  const full = (agent: Agent) => (agent.capacity ? agent.open_conversations / agent.capacity : 0)
  return agents
    .filter((agent) => agent.availability !== "offline" && !agent.disabled)
    .toSorted((a, b) => rank[a.availability] - rank[b.availability] || full(b) - full(a) || a.name.localeCompare(b.name))
}

export function moodsOf(heat: Overview["heat"]): Moods {
  const moods: Moods = { negative: 0, neutral: 0, positive: 0 }
  for (const cell of heat) moods[cell.sentiment] += cell.count
  return moods
}

/** "0:42", "12:05", "3:20:11": how long somebody waits, counting. */
export function waited(since: string, now: number): string {
  const total = Math.max(0, Math.floor((now - Date.parse(since)) / 1000))
  const pad = (value: number) => String(value).padStart(2, "0")
  const hours = Math.floor(total / 3600)
  return hours ? `${hours}:${pad(Math.floor(total / 60) % 60)}:${pad(total % 60)}` : `${Math.floor(total / 60)}:${pad(total % 60)}`
}
