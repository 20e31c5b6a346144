/** One question before what cannot be undone and has no button of its own to hang a question on. */
import { ElMessageBox } from "element-plus"
import { useT } from "@/i18n"

const t = useT()

/** True when the person says yes. what: the word on the button, and the question's title. */
export function ask(question: string, what: string): Promise<boolean> {
  const answer = ElMessageBox.confirm(question, what, {
    confirmButtonText: what, cancelButtonText: t.value.common.cancel, confirmButtonClass: "btn primary", cancelButtonClass: "btn", showClose: false,
  })
  return answer.then(() => true, () => false)
}
