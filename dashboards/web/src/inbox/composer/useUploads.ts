/** Files on their way into a draft: checked against the channel's limits before a byte leaves. */
import { ref, type Ref } from "vue"
import { ElMessage } from "element-plus"
import { api } from "@/api"
import { useT } from "@/i18n"
import { obstacle } from "@/lib/limits"
import { failed } from "@/lib/notify"
import { fileSize } from "@/lib/text"
import type { Capabilities } from "@/api/types"
import type { DraftState } from "@/stores/drafts"

export function useUploads(draft: Ref<DraftState>, keep: () => void, capabilities: Ref<Capabilities | null>) {
  const t = useT()
  const busy = ref(0)

  async function addOne(file: File, target: DraftState): Promise<void> {
    const blocked = obstacle(file, capabilities.value)
    if (blocked !== null) {
      ElMessage.error(blocked === "type" ? t.value.attachment.wrongType : t.value.attachment.tooLarge(fileSize(blocked)))
      return
    }
    busy.value++
    try {
      target.attachments = [...target.attachments, await api.upload(file)]
      keep()
    } catch (error) {
      failed(error)
    } finally {
      busy.value--
    }
  }
  async function add(files: File[]): Promise<void> {
    const target = draft.value
    for (const file of files.slice(0, 9)) await addOne(file, target)
  }
  function remove(id: string): void {
    draft.value.attachments = draft.value.attachments.filter((a) => a.id !== id)
    keep()
  }
  return { busy, add, remove }
}
