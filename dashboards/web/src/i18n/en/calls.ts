import type { calls as zh } from "../zh/calls"

export const calls: typeof zh = {
  title: "When you look elsewhere", sound: "Sound", desktop: "Desktop notifications",
  insecure: "Browsers allow desktop notifications only over HTTPS or on this machine", denied: "The browser does not allow notifications; allow them in the site settings beside the address",
  message: (name) => `New message from ${name}`,
  assigned: (name) => `${name}'s conversation is yours now`,
  woken: (name) => `${name}: the time you put it off to has come`,
}
