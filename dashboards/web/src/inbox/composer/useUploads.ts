/** Files on their way into a draft: checked against the channel's limits before a byte leaves. */
import { ref, type Ref } from "vue"
import { ElMessage } from "element-plus"
import { api } from "@/api"
import { useT } from "@/i18n"
import { failed } from "@/lib/notify"
import { fileSize } from "@/lib/text"
import type { Capabilities, ContentType } from "@/api/types"
import type { DraftState } from "@/stores/drafts"

const SERVER_MAX = 20 * 1024 * 1024

export function contentTypeOf(mediaType: string): ContentType {
  if (mediaType.startsWith("image/")) return "image"
  if (mediaType.startsWith("audio/")) return "voice"
  return mediaType.startsWith("video/") ? "video" : "file"
}

/** What forbids the file: the largest size in bytes, "type", or null when it may go. */
export function obstacle(file: { type: string; size: number }, capabilities: Capabilities | null): number | "type" | null {
  const kind = contentTypeOf(file.type)
  if (capabilities && !capabilities.sends.includes(kind)) return "type"
  const types = capabilities?.media_types[kind]
  if (types?.length && !types.includes(file.type)) return "type"
  const limit = Math.min(SERVER_MAX, capabilities?.media_limits[kind] ?? SERVER_MAX)
  return file.size > limit ? limit : null
}

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
