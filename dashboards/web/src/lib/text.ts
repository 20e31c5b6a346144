/** Text measured as platforms measure it, and numbers as people read them. */
const encoder = new TextEncoder()

export function byteLength(text: string): number {
  return encoder.encode(text).length
}

/** Characters as people count them: an emoji made of a surrogate pair is one. */
export function characterCount(text: string): number {
  return [...text].length
}

/** "138****1185"; short numbers keep only their ends. */
export function maskPhone(phone: string): string {
  if (phone.length < 7) return phone.replace(/.(?=.)/g, "*")
  return `${phone.slice(0, 3)}****${phone.slice(-4)}`
}

/** A score between -1 and 1, with a true minus, and none before what rounds to zero. */
export function scoreText(score: number): string {
  const text = Math.abs(score).toFixed(2)
  return score < 0 && Number(text) > 0 ? `−${text}` : text
}

/** The character on an initial avatar: the first letter or ideograph. */
export function initial(name: string): string {
  const first = [...name.trim()][0] ?? "?"
  return first.toUpperCase()
}

const AVATAR_COLORS = ["#15803d", "#7c3aed", "#b45309", "#be185d", "#0d9488", "#1d4ed8", "#a16207", "#4d7c0f", "#9333ea", "#0e7490"]

/** A steady colour for an id; all carry white text at WCAG AA. */
export function avatarColor(id: string): string {
  let hash = 0
  for (const character of id) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0
  return AVATAR_COLORS[hash % AVATAR_COLORS.length]!
}

export function fileSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

/** A link is followed only over http(s): a message may carry `javascript:`. */
export function safeUrl(url: string | undefined): string | null {
  if (!url) return null
  try {
    const parsed = new URL(url)
    return parsed.protocol === "https:" || parsed.protocol === "http:" ? parsed.href : null
  } catch {
    return null
  }
}

export interface Piece {
  text: string
  href: string | null
}

/** Text cut at its web addresses. Linear in the text's length. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const match of text.matchAll(/https?:\/\/[^\s\u3000-\u303f\uff00-\uffef\u4e00-\u9fff<>"']+/g)) {
    const found = match[0].replace(/[.,;:!?)\]]+$/, "")
    const href = safeUrl(found)
    if (!href) continue
    if (match.index > end) pieces.push({ text: text.slice(end, match.index), href: null })
    pieces.push({ text: found, href })
    end = match.index + found.length
  }
  if (end < text.length) pieces.push({ text: text.slice(end), href: null })
  return pieces
}
