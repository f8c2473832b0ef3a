import type { Result } from '../../../aws/action.ts'
import { parseStrictObject } from '../../../base/strict-json.ts'
import { textIn } from '../read-answer.ts'

/** A value as the one page that has it shows it. */
export type RevealedValue = {
  kind: 'text' | 'bytes'
  bytes: number
  text?: string
  /** Of a flat JSON object, member by member. */
  rows?: readonly { key: string; value: string }[]
  /** Of bytes, and of a text that a page can't give as it is. */
  base64?: string
}

/** GetSecretValue's. */
export function revealedIn(answer: Result): RevealedValue {
  const binary = textIn(answer, 'SecretBinary')
  if (binary !== undefined) {
    return { kind: 'bytes', bytes: Buffer.byteLength(binary, 'base64'), base64: binary }
  }
  const text = textIn(answer, 'SecretString') ?? ''
  const rows = rowsOf(text)
  return {
    kind: 'text',
    bytes: Buffer.byteLength(text),
    text,
    ...(rows === undefined ? {} : { rows }),
    // A browser makes a line feed of a carriage return, and something else of other characters: a copy would differ.
    ...(/[^\P{Cc}\t\n]/u.test(text) ? { base64: Buffer.from(text).toString('base64') } : {}),
  }
}

const mostRows = 100

/** Undefined where rows would tell less than the text, or something else. */
function rowsOf(text: string): { key: string; value: string }[] | undefined {
  if (!text.trimStart().startsWith('{')) return undefined
  try {
    const members = Object.entries(parseStrictObject(text))
    if (members.length === 0 || members.length > mostRows) return undefined
    const rows = members.map(([key, value]) => ({ key, value: plainOf(value) }))
    return rows.every(row => row.value !== undefined) ? (rows as { key: string; value: string }[]) : undefined
  } catch {
    return undefined
  }
}

/** A number that JavaScript may have rounded is no longer what was written. */
function plainOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  return typeof value === 'boolean' || value === null ? String(value) : undefined
}
