/** What the visitor sees of the conversation: entries, each once, in order, and the place that was reached. */
import type { Entry, Place, State } from "./types"

export const after = (a: Place, b: Place): boolean =>
  a.conversation_id === b.conversation_id ? a.position > b.position : a.conversation_id > b.conversation_id

export class Thread {
  private readonly byId = new Map<string, Entry>()
  place: Place | null = null
  /** Where the page before the oldest entry ends; null: there is none, or nobody knows yet. */
  earlier: Place | null = null
  state: State | null = null

  clear(): void {
    this.byId.clear()
    this.place = this.earlier = this.state = null
  }

  /** Whether anything is different; new: it was not there before. */
  put(entry: Entry): "new" | "changed" | "same" {
    const known = this.byId.get(entry.id)
    this.reach({ conversation_id: entry.conversation_id, position: entry.position })
    if (known && known.revision >= entry.revision) return "same"
    this.byId.set(entry.id, entry)
    return known ? "changed" : "new"
  }

  reach(place: Place | null): void {
    if (place && (!this.place || after(place, this.place))) this.place = { ...place }
  }

  get entries(): Entry[] {
    return [...this.byId.values()].sort((a, b) =>
      a.conversation_id === b.conversation_id ? a.rank - b.rank : a.conversation_id < b.conversation_id ? -1 : 1,
    )
  }

  holds(clientId: string): boolean {
    for (const entry of this.byId.values()) if (entry.client_id === clientId) return true
    return false
  }
}
