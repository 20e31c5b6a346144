import type { context as zh } from "../zh/context"

export const context: typeof zh = {
  quoted: "Answered message", forwarded: (who) => `Forwarded from ${who}`, edited: "edited", original: "At first", asTemplate: "Beyond the reply window: sent as a template",
  event: {
    reaction: "reacted to a message", reaction_removed: "took a reaction back", message_deleted: "took a message back", pinned_message: "pinned a message", successful_payment: "paid", refunded_payment: "got a refund",
    message_auto_delete_timer_changed: "changed the auto-delete timer", write_access_allowed: "allowed the bot to write", connected_website: "signed in to a site",
    account_link: "linked their account", beacon: "came near a beacon", video_played: "watched a video to its end", membership: "changed their membership", menu_switched: "looked at another menu",
    enter: "opened the chat", changed_number: "moved to another phone number", changed_user_id: "moved to another account", identity_changed: "changed the phone or installed the app again", referral: "came by a link or an advertisement", optin: "agreed to messages", account_linking: "linked or unlinked their account",
  },
}
