import type { Context } from '../request.ts'

/** A policy variable: the one value of a condition key, or else its default. */
export type Variable = { key: string; fallback: string | undefined }

/** What a segment is made of: text, a variable, or so many characters of any kind. */
export type Chunk = string | Variable | number

/** What stands between two `*`. */
export type Segment = readonly Chunk[]

/**
 * What a whole pattern is made of, in order, for whoever reasons about the texts that it matches. A wildcard
 * that does not cross stays within one field of an ARN.
 */
export type Piece = string | Variable | { wildcard: '*' | '?'; crosses: boolean }

const any = -1

/** Undefined for a key with no value or with several, where there is no default: it has no text. */
export function resolve({ key, fallback }: Variable, context: Context): string | undefined {
  const values = context.get(key)
  return values?.length === 1 ? values[0] : fallback
}

/** In characters; undefined when a variable has no value. */
export function lengthOf(segment: Segment, context: Context): number | undefined {
  let length = 0
  for (const chunk of segment) {
    if (typeof chunk === 'number') length += chunk
    else {
      const text = typeof chunk === 'string' ? chunk : resolve(chunk, context)
      if (text === undefined) return undefined
      length += text.length
    }
  }
  return length
}

/** The text that it stands for; undefined when that is not one text. */
export function textOf(segment: Segment, context: Context): string | undefined {
  let text = ''
  for (const chunk of segment) {
    const part = typeof chunk === 'object' ? resolve(chunk, context) : chunk
    if (typeof part !== 'string') return undefined
    text += part
  }
  return text
}

/** Whether the segment, whose variables all have values, stands at this place. */
export function standsAt(segment: Segment, text: string, at: number, context: Context): boolean {
  let from = at
  for (const chunk of segment) {
    if (typeof chunk === 'number') {
      from += chunk
      continue
    }
    const wanted = typeof chunk === 'string' ? chunk : (resolve(chunk, context) ?? '')
    if (!text.startsWith(wanted, from)) return false
    from += wanted.length
  }
  return from <= text.length
}

/** The first place at or after `from` where the segment stands; -1 when there is none. */
export function findFrom(segment: Segment, text: string, from: number, context: Context): number {
  const [only] = segment
  if (segment.length === 1 && typeof only === 'string') return text.indexOf(only, from)
  return search(codesOf(segment, context), text, from)
}

function codesOf(segment: Segment, context: Context): Int32Array {
  const codes: number[] = []
  for (const chunk of segment) {
    if (typeof chunk === 'number') for (let n = 0; n < chunk; n++) codes.push(any)
    else {
      const text = typeof chunk === 'string' ? chunk : (resolve(chunk, context) ?? '')
      for (let n = 0; n < text.length; n++) codes.push(text.charCodeAt(n))
    }
  }
  return Int32Array.from(codes)
}

/**
 * Shift-And (Baeza-Yates and Gonnet): one bit for each beginning of the segment that the text so far ends
 * with, so that each character is looked at once whatever came before. Trying every place anew would let
 * `*a?a?a?...b` take the product of both lengths.
 */
function search(codes: Int32Array, text: string, from: number): number {
  const length = codes.length
  if (length === 0) return from
  const words = (length + 31) >>> 5
  const masks = new Map<number, Int32Array>()
  const anyMask = maskOf(codes, any, words)
  const state = new Int32Array(words)
  const lastBit = 1 << ((length - 1) & 31)
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    let mask = masks.get(code)
    if (mask === undefined) {
      mask = maskOf(codes, code, words)
      for (let n = 0; n < words; n++) mask[n] = (mask[n] ?? 0) | (anyMask[n] ?? 0)
      masks.set(code, mask)
    }
    let carry = 1
    for (let n = 0; n < words; n++) {
      const word = state[n] ?? 0
      state[n] = ((word << 1) | carry) & (mask[n] ?? 0)
      carry = word >>> 31
    }
    if (((state[words - 1] ?? 0) & lastBit) !== 0) return at - length + 1
  }
  return -1
}

function maskOf(codes: Int32Array, code: number, words: number): Int32Array {
  const mask = new Int32Array(words)
  for (let n = 0; n < codes.length; n++) {
    if (codes[n] === code) mask[n >>> 5] = (mask[n >>> 5] ?? 0) | (1 << (n & 31))
  }
  return mask
}
