import { fileURLToPath } from "node:url"
import vue from "@vitejs/plugin-vue"
import { defineConfig } from "vite"

// SCRM_DEV_SERVER: where a hub runs while `npm run dev` serves the client.
const hub = process.env.SCRM_DEV_SERVER ?? "http://127.0.0.1:8000"

export default defineConfig({
  base: "/static/app/",
  plugins: [vue()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "dist/app",
    emptyOutDir: true,
    manifest: true,
    // The strict Content-Security-Policy allows data: for images only, and small files are few: none is inlined.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700, // ECharts, loaded by the dashboard alone
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": { target: hub, ws: true } } },
})
