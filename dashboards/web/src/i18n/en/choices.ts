/** The options of a channel's settings; the hints, the documents and the API use their values. */
export const choices: Record<string, string> = {
  safe: "Safe", compatible: "Compatible", plain: "Plain",
  polling: "Polling", webhook: "Webhook", websocket: "WebSocket", socket_mode: "Socket Mode (socket_mode)",
  hub: "By the hub", console: "By hand in the console", mentioned: "When mentioned", all: "All", never: "Never",
  tls: "TLS", starttls: "STARTTLS", none: "None", on: "On", off: "Off",
  auto: "Auto", light: "Light", dark: "Dark", right: "Right", left: "Left",
}
