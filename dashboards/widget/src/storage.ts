/** What outlives the page, where the browser allows it; in memory where it does not. */

export class Shelf {
  private readonly memory = new Map<string, string>()

  constructor(private readonly prefix: string) {}

  get<T>(name: string): T | null {
    try {
      const text = this.memory.get(name) ?? localStorage.getItem(this.prefix + name)
      return text ? (JSON.parse(text) as T) : null
    } catch {
      return null
    }
  }

  set(name: string, value: unknown): void {
    const text = value === null ? null : JSON.stringify(value)
    try {
      if (text === null) localStorage.removeItem(this.prefix + name)
      else localStorage.setItem(this.prefix + name, text)
      this.memory.delete(name)
    } catch {
      if (text === null) this.memory.delete(name)
      else this.memory.set(name, text)
    }
  }
}
