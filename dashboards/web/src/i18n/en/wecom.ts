/** WeCom customer service: what customers and WeCom's own people did, and what became of the platform's session. */
import type { wecom as zh } from "../zh/wecom"

export const wecom: typeof zh = {
  event: {
    message_recalled: "took a message back", servicer_message: "was answered by a person in WeCom", servicer_message_recalled: "had an answer taken back by a person in WeCom",
    session_status_change: "changed hands in WeCom", reject_customer_msg_switch_change: "was blocked or unblocked by a person in WeCom",
  },
  session: {
    taken: "The platform's session is handled here", ended: "The platform's session has ended", passed_on: "Passed on to a person in WeCom", queued: "Passed on to the queue in WeCom",
    taken_back: "Taken back from WeCom; replies are possible once the customer writes again", returned: "The conversation is back here",
  },
  servicers: {
    passOn: "Pass on to a person in WeCom…", title: "Pass on to a person in WeCom", any: "Whoever is free", anyHint: "Joins the queue in WeCom", away: "takes no customers",
    none: "This account has nobody in WeCom", find: "Find a person", takeBack: "Take back", passed: (who: string) => `Passed on to ${who}`, back: "Taken back",
    with: (who: string) => `${who} has the customer in WeCom; no replies from here meanwhile`, queued: "The customer waits in WeCom's queue; no replies from here meanwhile",
    badge: (who: string) => `WeCom · ${who}`, badgeQueued: "In WeCom's queue",
  },
  sendError: { with_servicer: "A person in WeCom has this customer; take the conversation back first", servicer_away: "This person takes no customers now; choose another" },
}
