/** A colleague named this agent in a note: said at the top of the screen, with the way there, until it is closed or followed. */
import { ElMessage } from "element-plus"
import { h } from "vue"
import { useT } from "@/i18n"
import { router } from "@/router"
import { useWorkspace } from "@/stores/workspace"
import { callMentioned } from "./calling"
import type { ServerFrame } from "./frames"

const t = useT()

export function sayMentioned(frame: Extract<ServerFrame, { type: "mentioned" }>): void {
  const to = `/inbox/${frame.conversation_id}?m=${frame.position}`
  const follow = (event: MouseEvent): void => {
    event.preventDefault()
    shown.close()
    void router.push(to)
  }
  const words = t.value.thread.mentioned(frame.agent_id ? useWorkspace().agentName(frame.agent_id) : t.value.thread.api, frame.content)
  callMentioned(words, to)
  const shown = ElMessage({ message: h("a", { href: to, class: "el-message__content", onClick: follow }, words), type: "info", duration: 0, showClose: true })
}
