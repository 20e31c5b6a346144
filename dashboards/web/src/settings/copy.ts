import { useT } from "@/i18n"
import { done, failed } from "@/lib/notify"

const t = useT()

/** To the clipboard; it exists only on https and localhost, elsewhere the text stays selectable on screen. */
export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    done(t.value.common.copied)
  } catch (error) {
    failed(error)
  }
}
