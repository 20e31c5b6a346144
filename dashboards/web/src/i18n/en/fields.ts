import type { fields as zh } from "../zh/fields"

export const fields: typeof zh = {
  calendar: "Choose a date", earlier: "Previous month", later: "Next month", weekdays: ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"],
}
