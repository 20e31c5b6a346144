import type { views as zh } from "../zh/views"

export const views: typeof zh = {
  title: "Views", standard: "Conversations", save: "Save as view", name: "Name of the view", share: "Visible to everybody", shared: "Shared", drop: "Delete view", dropAsk: (name: string) => `Delete the view “${name}”? Conversations stay as they are.`, saved: "View saved", hint: "Filter the conversations you want to see, then save them as a view",
}
