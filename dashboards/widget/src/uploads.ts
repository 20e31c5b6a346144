/**
 * Files on their way to the hub. They travel beside each other and are said in the order in which they were chosen: one
 * that is there waits for those before it. One that failed holds up nobody, and is said when it was tried again.
 */
import { newId } from "./outbox"
import type { Upload } from "./types"

export interface UploadView {
  id: string
  file: File
  failed: boolean
  stored: Upload | null
}

export class Uploads {
  items: UploadView[] = []

  constructor(
    private readonly put: (file: File) => Promise<Upload>,
    private readonly say: (stored: Upload) => void,
    private readonly changed: () => void,
  ) {}

  async add(file: File): Promise<void> {
    const view: UploadView = { id: newId(), file, failed: false, stored: null }
    this.items.push(view)
    await this.again(view)
  }

  async again(view: UploadView): Promise<void> {
    view.failed = false
    this.changed()
    try {
      view.stored = await this.put(view.file)
    } catch {
      view.failed = true
    }
    this.leave()
  }

  drop(view: UploadView): void {
    this.items = this.items.filter((each) => each !== view)
    this.leave()
  }

  clear(): void {
    this.items = []
  }

  private leave(): void {
    for (const view of this.items.filter((each) => !each.failed)) {
      if (!view.stored) break
      this.items = this.items.filter((each) => each !== view)
      this.say(view.stored)
    }
    this.changed()
  }
}
