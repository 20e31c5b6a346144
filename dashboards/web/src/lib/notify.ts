/** Short words at the top of the screen: what happened, and for a failure what to do. */
import { ElMessage } from "element-plus"
import { ApiError } from "@/api/http"
import { useT } from "@/i18n"

const t = useT()

export function errorText(error: unknown): string {
  const words = t.value.error
  if (!(error instanceof ApiError)) return words.generic!
  const field = Object.entries(error.errors)[0]
  if (field) return `${field[0]}: ${field[1]}`
  return words[error.code] ?? t.value.sendError[error.code] ?? (error.detail || words.generic!)
}

export function done(text: string): void {
  ElMessage({ message: text, type: "success", grouping: true, duration: 2000 })
}

export function failed(error: unknown): void {
  ElMessage({ message: errorText(error), type: "error", grouping: true, duration: 4500 })
}

/** Runs `work`; says what went wrong. True when it went well. */
export async function attempt(work: () => Promise<unknown>, success?: string): Promise<boolean> {
  try {
    await work()
    if (success) done(success)
    return true
  } catch (error) {
    failed(error)
    return false
  }
}
