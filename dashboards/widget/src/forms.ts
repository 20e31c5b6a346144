/** What stands before the first message, and after the last. */
import { h, icon } from "./dom"
import type { FieldName, Form, Session } from "./types"
import type { Words } from "./words"

const KINDS: Record<FieldName, { type: string; autocomplete: string }> = {
  name: { type: "text", autocomplete: "name" },
  phone: { type: "tel", autocomplete: "tel" },
  email: { type: "email", autocomplete: "email" },
  company: { type: "text", autocomplete: "organization" },
}
const WHILE_AWAY: Session["site"]["form"] = [
  { name: "name", required: false },
  { name: "phone", required: false },
  { name: "email", required: false },
]

/** Who asks, and what. While nobody is there it takes a message, with a way to answer it. */
export function askForm(session: Session, t: Words, send: (text: string, form: Form) => void): HTMLFormElement {
  const away = !session.open
  const fields = session.site.form.length ? session.site.form : WHILE_AWAY
  const inputs = fields.map((field) => {
    const input = h("input", { class: "in", name: field.name, maxlength: "200", required: field.required, ...KINDS[field.name] })
    return { field, input, label: h("label", { class: "f" }, field.required ? `${t[field.name]}（${t.needed}）` : t[field.name], input) }
  })
  const text = h("textarea", { name: "text", rows: "4", maxlength: "5000", required: true })
  const submit = (event: Event): void => {
    event.preventDefault()
    const form: Form = away ? { away } : {}
    for (const { field, input } of inputs) if (input.value.trim()) form[field.name] = input.value.trim()
    if (text.value.trim()) send(text.value.trim(), form)
  }
  const privacy = session.site.privacy_url
  return h("form", { class: "ask", onsubmit: submit },
    !away && h("p", {}, t.formIntro),
    ...inputs.map((each) => each.label),
    h("label", { class: "f" }, away ? t.leave : t.question, text),
    h("button", { class: "go", type: "submit" }, away ? t.leaveSend : t.start),
    privacy && h("p", { class: "foot" }, h("a", { href: privacy, target: "_blank", rel: "noopener noreferrer" }, t.privacy)),
  )
}

/** One to five, by mouse, touch or keys. */
export function ratingCard(t: Words, rate: (score: number, comment: string) => Promise<void>): HTMLElement {
  let score = 0
  const go = h("button", { class: "go", type: "submit", disabled: true }, t.submit)
  const comment = h("textarea", { rows: "2", maxlength: "1000", placeholder: t.comment, "aria-label": t.comment })
  const labels = [1, 2, 3, 4, 5].map((value) =>
    h("label", { title: t.stars(value) }, icon("star"), h("input", { type: "radio", name: "score", value, "aria-label": t.stars(value), onchange: () => choose(value) })),
  )
  const choose = (value: number): void => {
    score = value
    go.disabled = false
    labels.forEach((label, at) => label.classList.toggle("on", at < value))
  }
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    go.disabled = true
    await rate(score, comment.value.trim()).catch(() => (go.disabled = false))
  }
  return h("form", { class: "card", onsubmit: submit },
    h("fieldset", {}, h("legend", {}, t.rate), h("div", { class: "stars" }, ...labels)), comment, go)
}
