/** Pictures need the visitor's token, so they are fetched and shown from memory, each fetched once. */
import type { Api } from "./api"
import { h } from "./dom"

export class Pictures {
  private readonly addresses = new Map<string, Promise<string>>()

  constructor(private readonly api: Api) {}

  /** The address of a file in memory. */
  of(id: string, fetch: (id: string) => Promise<Blob> = (file) => this.api.file(file)): Promise<string> {
    let found = this.addresses.get(id)
    if (!found) {
      found = fetch(id).then((blob) => URL.createObjectURL(blob))
      found.catch(() => this.addresses.delete(id))
      this.addresses.set(id, found)
    }
    return found
  }

  /** Shows a face, or while there is none the first letter of the name. */
  paint(node: HTMLElement, name: string, face: string | null): HTMLElement {
    const shown = `${face ?? ""} ${name}`
    if (node.dataset.shown === shown) return node
    node.dataset.shown = shown
    node.textContent = [...name][0] ?? ""
    if (face) {
      this.of(face, (id) => this.api.face(id)).then((src) => node.dataset.shown === shown && node.replaceChildren(h("img", { src, alt: "" })), () => null)
    }
    return node
  }
}
