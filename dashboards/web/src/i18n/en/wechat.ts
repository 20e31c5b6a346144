import type { wechat as zh } from "../zh/wechat"

/** Tools of an Official Account: QR codes, menu, tags, templates. */
export const wechat: typeof zh = {
  tools: "Account tools", back: "Back to channels", lead: "QR codes, menu, tags and templates, in force on the account itself.", tabs: { qr_codes: "QR codes", menu: "Menu", tags: "Tags", templates: "Templates" },
  notFound: "There is no such channel, or it has no account tools",
  qr: {
    lead: "Each code carries a scene: who scanned it, where they came from, how many new customers it brought.", add: "New QR code", empty: "No QR codes yet", emptyHint: "Make one for each shop, poster or campaign: customers who scan it show where they came from",
    name: "Name", nameHint: "For colleagues, such as “People's Square shop”", scene: "Scene", sceneHint: "1 to 64 characters without blanks, unique within the account; it cannot be changed later", lasts: "Valid for", forever: "Ever", days: (n: number) => `${n} days`,
    foreverHint: "An account may have 100,000 permanent codes, and none can be taken back", team: "Customers who scan it go to", noTeam: "Whoever routing says", labels: "Customers who scan it get the labels", scans: "Scans", followed: "Followed", first: "New", gives: "Brings",
    expires: (t: string) => `Expires ${t}`, expired: "Expired", download: "Download picture", copyScene: "Copy scene", remove: "Delete", removeAsk: (name: string) => `Delete “${name}”? Its record and numbers are no longer shown; a permanent code goes on working on WeChat.`, created: "The QR code is ready",
    scansOf: (name: string) => `Scans of “${name}”`, noScans: "Nobody has scanned it yet", follows: "followed by it", firstTime: "first seen", picture: (name: string) => `QR code: ${name}`,
  },
  menu: {
    lead: "At most 3 buttons, each with at most 5 below it. Saved, it still has to be published; customers see it within 5 minutes.", published: (t: string) => `Published ${t}`, unpublished: "Changes are not published", save: "Save draft", publish: "Publish to WeChat", publishAsk: "Every follower will see the menu as it stands here.",
    fetch: "Read from WeChat", fetched: "Read what WeChat shows now; save to keep it", fetchedNone: "WeChat shows no menu", takeOff: "Take off", takeOffAsk: "Customers will see no menu; the draft stays here.", takenOff: "The menu is off", publishedNow: "Published; in force within about 5 minutes",
    empty: "No menu yet", add: "Add button", addSub: "Add sub-button", up: "Move back", down: "Move on", removeButton: "Delete", name: "Name", type: "When pressed", nameLimit: (n: number) => `${n} bytes left`, hasChildren: "A button with others below it only opens them.",
    kinds: {
      click: "Tells the hub", view: "Opens a page", miniprogram: "Opens a mini program", scancode_waitmsg: "Scans a code (waits for an answer)", scancode_push: "Scans a code", pic_photo_or_album: "Takes or picks a photo", pic_sysphoto: "Takes a photo", pic_weixin: "Picks a picture", location_select: "Sends a location", media_id: "Sends material", article_id: "Sends an article", article_view_limited: "Opens an article",
    } as Record<string, string>,
    fields: { key: "Key", url: "Address", app_id: "AppID of the mini program", page_path: "Page of the mini program", media_id: "Id of the material or article" }, urlBackup: "Address for old versions of WeChat",
    action: "When this button is pressed", opens: "Open a conversation for an agent", opensHint: "For buttons that ask for a person; otherwise it only stands on the timeline", team: "For the team", answer: "Automatic answer", answerHint: "Sent at once, and no agent's reply; empty for none",
    problems: { name: "Give it a name", nameLong: "The name is too long", needs: "Something needed is missing", keyLong: "A key has at most 128 bytes", url: "An address begins with http:// or https://", keyTwice: "Another button has the same key" }, fix: "Mend the marked buttons first", pick: "Choose a button to edit it", preview: "Menu preview", unnamed: "Unnamed",
  },
  tags: {
    lead: "Link labels here with user tags of the account: what is added or taken off on one side follows on the other.", rule: "When they are first linked, both sides get all. From then on, whichever side changed since both last agreed is followed. It happens when a customer writes or labels change; deleting a whole tag on WeChat only unlinks it and takes no label off anybody.", limits: "An account has at most 100 tags with names of at most 30 bytes; a person has at most 20.",
    label: "Label here", tag: "Tag of the account", people: "People", linked: "In step", link: "Link", unlink: "Unlink", notLinked: "Not linked", willMake: "will be made", only: "Tags only on the account", onlyHint: "Make a label of one to keep it in step", import: "Make a label", none: "Every tag of the account is linked", noLabels: "No labels yet", noLabelsHint: "Make one under “Labels”, or take one over from the account", refresh: "Read again",
  },
  templates: {
    lead: "When the reply window has closed, agents can notify the customer with these. Subscribe messages: each consent permits one. Template messages: one until the customer reacts.", fetch: "Read templates from the platform", fetched: (n: number) => `Read ${n} templates`, empty: "No templates yet", emptyHint: "Add templates or subscriptions in the platform's console, then read them here", kind: { template: "Template message", subscribe: "Subscribe message" }, lasting: "lasting consent", gone: "No longer on the platform", enabled: "Offered to agents", edit: "Set up", field: "Field", fill: "Filled with",
    fillHint: "Variables: {customer} name, {message} what the agent typed, {agent}, {number} of the conversation, {time}, {workspace}; the agent can change it before sending", limit: (n: number) => `${n} chars`, url: "Address that opens", example: "Example", preview: "Preview",
  },
  notice: {
    offer: "Notify with a template", lead: "Ordinary replies cannot be sent any more; a template reaches the customer once:", left: (n: number) => `${n} left`, any: "lasting", once: "one message", choose: "Template", send: "Send notice", preview: "The customer will see", over: (n: number) => `${n} characters over`, empty: "fill in", sent: "The notice is on its way", fromTemplate: (kind: string, title: string) => `${kind}: ${title}`,
    refused: { no_consent: "The customer has not agreed to it", blocked_by_contact: "The customer no longer follows" } as Record<string, string>, noConsentTemplate: "Notified once already; wait for the customer to react",
  },
  event: { subscribe_msg_popup_event: "chose whether to receive notices", subscribe_msg_change_event: "changed what notices to receive", menu_view_miniprogram: "opened a mini program", scancode_push: "scanned a code from the menu", scancode_waitmsg: "scanned a code from the menu", pic_weixin: "sent a picture from the menu", pic_sysphoto: "took a photo from the menu", pic_photo_or_album: "sent a picture from the menu", location_select: "sent a location from the menu" } as Record<string, string>,
  source: {
    ADD_SCENE_SEARCH: "search", ADD_SCENE_ACCOUNT_MIGRATION: "account migration", ADD_SCENE_PROFILE_CARD: "shared card", ADD_SCENE_QR_CODE: "QR code", ADD_SCENE_PROFILE_LINK: "name in an article", ADD_SCENE_PROFILE_ITEM: "menu of an article", ADD_SCENE_PAID: "after a payment",
    ADD_SCENE_WECHAT_ADVERTISEMENT: "advertisement", ADD_SCENE_REPRINT: "reprint", ADD_SCENE_LIVESTREAM: "livestream", ADD_SCENE_CHANNELS: "video channel", ADD_SCENE_WXA: "mini program", ADD_SCENE_OTHERS: "other",
  } as Record<string, string>,
  joined: (name: string) => `“${name}” turned out to be the same customer and was joined`, scanned: (name: string) => `“${name}”`,
  sendError: { no_consent: "The customer has not agreed to another such notice", template_refused: "The platform refuses the template or what is in it", tag_refused: "The platform refuses the tag: its name is taken or too long, or there are too many", menu_refused: "The platform refuses the menu" },
}
