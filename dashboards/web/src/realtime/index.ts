/** Joins the socket to the stores. */
import { useBell } from "@/alerts/bell"
import { api } from "@/api"
import { onSignedOut } from "@/api/http"
import type { Conversation } from "@/api/types"
import { callFor } from "@/lib/calls"
import { useConversations } from "@/stores/conversations"
import { useConnection } from "@/stores/connection"
import { useSession } from "@/stores/session"
import { useThread } from "@/stores/thread"
import { useWorkspace } from "@/stores/workspace"
import type { ServerFrame } from "@/realtime/frames"
import { callAgent } from "./calling"
import { openLine, realtime } from "./line"
import { sayMentioned } from "./mentioned"
import { RealtimeSocket } from "./socket"

function address(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/realtime`
}

function dispatch(frame: ServerFrame): void {
  const conversations = useConversations()
  switch (frame.type) {
    case "message":
      useWorkspace().meet(frame.message.analysis?.category)
      return useThread().receive(frame.message)
    case "conversation":
      useWorkspace().meet(frame.conversation.category)
      return changed(frame.conversation)
    case "contact":
      return conversations.putContact(frame.contact)
    case "counts":
      conversations.counts = frame.counts
      return
    case "agent":
      return useWorkspace().putAgent(frame.agent)
    case "typing":
      return useThread().typingBy(frame.conversation_id, frame.agent_id)
    case "mentioned":
      return sayMentioned(frame)
    case "alert":
      return useBell().receive(frame.alert)
    case "incident":
      return useBell().touch(frame.incident_id)
    case "reload":
      // Frames were dropped: ask again for what comes after the last entry on screen, before a new one hides the gap.
      realtime()?.watchAgain()
      catchUp()
  }
}

function changed(conversation: Conversation): void {
  const conversations = useConversations()
  const call = callFor(conversations.byId.get(conversation.id), conversation, useSession().id)
  conversations.upsert(conversation)
  if (call) callAgent(call, conversation)
}

function catchUp(): void {
  void useBell().load()
  void useConversations().refresh()
  void useThread().resync()
}

export function startRealtime(): RealtimeSocket {
  const connection = useConnection()
  const socket = openLine(() => new RealtimeSocket({
    open: () => new WebSocket(address()) as never,
    onFrame: dispatch,
    onState: (state) => connection.set(state),
    onReady: (again) => {
      // The first time too: the list was asked for before anybody listened for changes.
      if (again) catchUp()
      else {
        void useBell().load()
        void useConversations().refresh()
      }
      void useThread().flush()
    },
    // A refused handshake tells a browser nothing; the session endpoint does.
    onFailure: () => void api.session().then((session) => session || useSession().expire()).catch(() => undefined),
  }))
  socket.start()
  return socket
}

export function stopRealtime(): void {
  realtime()?.stop()
}

window.addEventListener("online", () => realtime()?.nudge())
document.addEventListener("visibilitychange", () => document.hidden || realtime()?.nudge())
onSignedOut(() => useSession().expire())
