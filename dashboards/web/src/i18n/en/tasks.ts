import type { tasks as zh } from "../zh/tasks"

export const tasks: typeof zh = {
  kind: { analyse: "Read category and mood", fetch_media: "Fetch a file", fetch_profile: "Fetch the customer's profile", route: "Assign the conversation", receipt: "Delivery receipt", hand_over: "Bring the platform's session in line", sync_tags: "Bring labels and tags in line" },
  what: "What was to be done", error: "Why it failed", attempts: "Attempts", open: "Open message", openContact: "Open customer", retry: "Try again", retried: "It will be tried again", dismiss: "Dismiss", dismissAsk: "It will not be done. The message itself stays as it is.", empty: "No failed tasks", emptyHint: "Everything after receiving has been done",
}
