/** The one socket of this page, for whoever has something to say on it. `./index` makes it and hears what it says. */
import { RealtimeSocket } from "./socket"

let line: RealtimeSocket | null = null

export function openLine(make: () => RealtimeSocket): RealtimeSocket {
  line ??= make()
  return line
}

export function realtime(): RealtimeSocket | null {
  return line
}
