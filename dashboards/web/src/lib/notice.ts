/** A message from a template: its gaps filled from what is known, and what it then reads like. Pure. */
import type { MessageTemplate, Offer, TemplateField } from "@/api/accounts"
import { characterCount } from "./text"

export const SOURCES = ["customer", "message", "agent", "number", "time", "workspace"] as const
export type Source = (typeof SOURCES)[number]

/** Cut to what the field takes; line ends become blanks, which the platform takes everywhere. */
export function fitted(text: string, limit: number): string {
  return [...text.replace(/\s+/g, " ").trim()].slice(0, limit).join("").trimEnd()
}

/** `{customer}` and the like filled in; what has no name stays as it is written. */
export function filled(mapping: string, values: Record<Source, string>): string {
  return mapping.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? values[name as Source] : whole))
}

export function filledFields(template: Pick<MessageTemplate, "fields" | "mapping">, values: Record<Source, string>): Record<string, string> {
  return Object.fromEntries(template.fields.map((field) => [field.name, fitted(filled(template.mapping[field.name] ?? "", values), field.limit)]))
}

/** Characters at the end of what is written that its field has no room for. */
export function cutOff(template: Pick<MessageTemplate, "fields" | "mapping">, values: Record<Source, string>): number {
  const over = template.fields
    .filter((field) => (template.mapping[field.name] ?? "").includes("{message}"))
    .map((field) => Math.max(0, characterCount(filled(template.mapping[field.name]!, values).replace(/\s+/g, " ").trim()) - field.limit))
  return over.length ? Math.min(...over) : 0
}

/** The template that a text goes as by itself; files go as none. */
export function automaticOf(offers: readonly Offer[], files: number): Offer | null {
  return files > 0 ? null : (offers.find((offer) => offer.automatic && !offer.refusal) ?? null)
}

/** What keeps a template from going by itself: what is written stands in no field, or a field nobody would fill in. */
export function manual(template: Pick<MessageTemplate, "fields">, mapping: Record<string, string>): "message" | TemplateField | null {
  if (!Object.values(mapping).some((text) => text.includes("{message}"))) return "message"
  return template.fields.find((field) => !mapping[field.name]?.trim()) ?? null
}

export function preview(template: Pick<MessageTemplate, "body">, fields: Record<string, string>): string {
  return template.body.replace(/\{\{(\w+)\}\}/g, (_, name: string) => fields[name] || "……").trim()
}

/** The first field that is empty or too long. */
export function wrong(template: Pick<MessageTemplate, "fields">, fields: Record<string, string>): { field: TemplateField; over: number } | null {
  for (const field of template.fields) {
    const length = characterCount((fields[field.name] ?? "").trim())
    if (length === 0 || length > field.limit) return { field, over: Math.max(0, length - field.limit) }
  }
  return null
}
