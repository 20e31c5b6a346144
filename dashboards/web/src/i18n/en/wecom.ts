/** WeCom customer service: what customers and WeCom's own people did, and what became of the platform's session. */
import type { wecom as zh } from "../zh/wecom"

export const wecom: typeof zh = {
  event: {
    message_recalled: "took a message back", servicer_message: "was answered by a person in WeCom", servicer_message_recalled: "had an answer taken back by a person in WeCom",
    session_status_change: "changed hands in WeCom", reject_customer_msg_switch_change: "was blocked or unblocked by a person in WeCom",
  },
  session: { taken: "The platform's session is handled here", ended: "The platform's session has ended" },
}
