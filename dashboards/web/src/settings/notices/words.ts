/** Words the pages of pushes share. */
import { useT } from "@/i18n"
import { reason } from "@/alerts/alerts"

const t = useT()

export function why(stored: string): string {
  const found = reason(stored)
  const words = t.value.alerts.reason[found.reason] ?? stored
  return found.detail ? `${words} (${found.detail})` : words
}
