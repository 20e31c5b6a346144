import type { picture as zh } from "../zh/picture"

export const picture: typeof zh = {
  add: "Upload a picture", change: "Change the picture", remove: "Remove the picture",
  hint: "Colleagues see it; visitors of the web chat too, once you have a public name. The middle square is taken, and what the file says of time and place is left out.",
  unreadable: "This file is no picture that can be opened",
}
