import type { email as zh } from "../zh/email"

export const email: typeof zh = {
  subject: "Subject", original: "Show the mail as it came", originalHint: "without scripts and remote pictures", quoted: "Quoted text", signature: "Signature", cc: "Cc",
  automatic: {
    reply: "sent an automatic reply", bulk: "sent a bulk mail", flood: "sent very many mails at once", generated: "A program's notification",
  },
}
