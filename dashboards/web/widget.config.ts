import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"

/** The customers' widget: one script without dependencies, for pages of any site. */
export default defineConfig({
  root: fileURLToPath(new URL("../widget", import.meta.url)),
  publicDir: false,
  build: {
    outDir: fileURLToPath(new URL("./dist/widget", import.meta.url)),
    emptyOutDir: true,
    target: "es2021",
    reportCompressedSize: false,
    lib: { entry: "src/main.ts", formats: ["iife"], name: "scrmChatWidget", fileName: () => "widget.js" },
  },
})
