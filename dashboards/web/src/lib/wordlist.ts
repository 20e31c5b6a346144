/** Word lists as people paste them: a word a line; `,同音` (or `,sound`) after it finds it by its sound too. */
import type { Tried, Word } from "@/api/words"

export const MOST_WORDS = 5000
export const LONGEST_WORD = 50
const SOUND = /^(同音|谐音|sound|yes|true|1)$/i

/** Lines of text or of a CSV file: quotes, tabs and full-width commas too; a heading line is left out. */
export function parseWords(text: string): Word[] {
  const found = new Map<string, boolean>()
  for (const [number, line] of text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/).entries()) {
    const [first = "", second = ""] = cells(line)
    if (!first || (number === 0 && /^(词|敏感词|词语|word|words)$/i.test(first))) continue
    found.set(first, (found.get(first) ?? false) || SOUND.test(second))
  }
  return [...found].map(([word, sound]) => ({ text: word, sound }))
}

export function wordsText(words: readonly Word[], mark: string): string {
  return words.map((word) => (word.sound ? `${quoted(word.text)},${mark}` : quoted(word.text))).join("\n")
}

function cells(line: string): string[] {
  const quotedFirst = /^\s*"((?:[^"]|"")*)"\s*(?:[,，\t;]\s*(.*))?$/.exec(line)
  if (quotedFirst) return [quotedFirst[1]!.replace(/""/g, '"').trim(), (quotedFirst[2] ?? "").split(/[,，\t;]/)[0]!.trim()]
  return line.split(/[,，\t;]/).map((cell) => cell.trim())
}

function quoted(word: string): string {
  return /[,，\t;"]/.test(word) ? `"${word.replace(/"/g, '""')}"` : word
}

/** A file's text: UTF-8 where it is that, else GB 18030, as Excel for Windows writes CSV in Chinese. */
export function decodeFile(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder("gb18030").decode(bytes)
  }
}

export interface TriedPiece {
  text: string
  mark: "word" | "personal" | null
}

/** The text cut at what was found. Places count characters as the server does, so emoji are one. */
export function triedPieces(text: string, tried: Tried): TriedPiece[] {
  const marks: TriedPiece["mark"][] = []
  const characters = [...text]
  for (const span of tried.personal) marks.fill("personal", extend(marks, span.end, span.start), span.end)
  for (const hit of tried.hits) marks.fill("word", extend(marks, hit.end, hit.start), hit.end)
  const pieces: TriedPiece[] = []
  characters.forEach((character, place) => {
    const mark = marks[place] ?? null
    const last = pieces[pieces.length - 1]
    if (last && last.mark === mark) last.text += character
    else pieces.push({ text: character, mark })
  })
  return pieces
}

function extend(marks: TriedPiece["mark"][], end: number, start: number): number {
  while (marks.length < end) marks.push(null)
  return start
}
