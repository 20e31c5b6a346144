/** What is said over the socket, in both directions. */
import type { Agent, ContactBrief, Conversation, Counts, Message } from "@/api/types"
import type { Alert } from "@/topics/api"

/** By the server. */
export type ServerFrame =
  | { type: "hello"; agent_id: string; server_time: string }
  | { type: "message"; message: Message }
  | { type: "conversation"; conversation: Conversation }
  | { type: "contact"; contact: ContactBrief }
  | { type: "counts"; counts: Counts }
  | { type: "agent"; agent: Agent }
  | { type: "typing"; conversation_id: string; agent_id: string | null }
  | { type: "mentioned"; conversation_id: string; position: number; agent_id: string | null; content: string }
  | { type: "alert"; alert: Alert }
  | { type: "incident"; incident_id: string }
  | { type: "ping" }
  | { type: "caught_up"; conversation_id: string; position: number }
  | { type: "reload" }
/** By the client. */
export type ClientFrame =
  | { type: "watch"; conversation_id: string; after_position: number }
  | { type: "unwatch" }
  | { type: "typing"; conversation_id: string }
  | { type: "pong" }
