/** Elements without a framework. Text is only ever set as text, so nothing anybody writes can become markup. */
import { ICONS } from "./look"

type Child = Node | string | null | false | undefined
type Props = Record<string, unknown>

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value as EventListener)
    else if (value === true) element.setAttribute(name, "")
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, String(value))
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)))
  return element
}

export function icon(name: keyof typeof ICONS): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg"
  const svg = document.createElementNS(space, "svg")
  svg.setAttribute("viewBox", "0 0 24 24")
  svg.setAttribute("aria-hidden", "true")
  const path = document.createElementNS(space, "path")
  path.setAttribute("d", ICONS[name])
  svg.append(path)
  return svg
}

const LINK = /https?:\/\/[^\s<>"'，。；！？、）】]+/g

/** The text with its addresses as links. */
export function linked(text: string): Node[] {
  const nodes: Node[] = []
  let from = 0
  for (const found of text.matchAll(LINK)) {
    const address = found[0].replace(/[.,;:!?)\]]+$/, "")
    nodes.push(document.createTextNode(text.slice(from, found.index)))
    nodes.push(h("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, address))
    from = found.index + address.length
  }
  nodes.push(document.createTextNode(text.slice(from)))
  return nodes
}

/** Puts the children in this order, moving as few as it can, so that a reading screen reader is not disturbed. */
export function arrange(parent: Element, children: Node[]): void {
  const wanted = new Set(children)
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove()
  children.forEach((child, at) => {
    if (parent.childNodes[at] !== child) parent.insertBefore(child, parent.childNodes[at] ?? null)
  })
}
