import type { wall as zh } from "../zh/wall"

export const wall: typeof zh = {
  title: "Live service", fullscreen: "Full screen", leave: "Back to dashboards", waiting: "Waiting now", longest: "Longest wait", nobodyWaits: "Nobody waits", open: "Unresolved", loadOf: "Open conversations", unassigned: (n) => `${n} unassigned`, mood: "Mood today", moodLine: (share) => `${share} negative`, moodBefore: (share) => `a week ago ${share}`,
  today: "New today", incoming: "Messages today", outgoing: "Replies today", response: "First response today", p90: (t) => `P90 ${t}`, before: (n) => `a week ago ${n}`, agents: "Agents online", online: (n, of) => `${n} of ${of} online`, load: (n, of) => `${n} / ${of}`, noAgents: "No agent is online", alerts: "Latest alerts", noAlerts: "No bursts lately",
  updated: (t) => `Updated ${t}`, stale: (t) => `Connection lost; numbers are of ${t}. Reconnecting…`, loading: "Loading…",
}
