import { afterEach, expect, it, vi } from "vitest"
import { post } from "./http"

afterEach(() => vi.unstubAllGlobals())

/** A server that takes the request and then says nothing. */
const mute = (_: string, { signal }: RequestInit) => new Promise<never>((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)))

it("counts a server that says nothing for too long as not reached", async () => {
  vi.stubGlobal("fetch", mute)
  await expect(post("/api/v1/x", {}, 10)).rejects.toMatchObject({ status: 0, code: "offline" })
})
