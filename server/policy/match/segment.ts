import type { Context } from '../request.ts'

/** A policy variable: the one value of a condition key, or else its default. */
export type Variable = { key: string; fallback: string | undefined }

/** What a pattern is made of: text, a variable, so many characters of any kind, or a `*`. */
export type Chunk = string | Variable | number

/** The `*` among the chunks; any other number is one of characters. */
export const star = 0

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

/*
 * What stands between two `*` is a segment: here, the chunks from `first` up to `end`. The chunks of a pattern
 * are one list, since each further object is one more place in memory to fetch.
 */

/** In characters; undefined when a variable has no value. */
export function lengthOf(
  chunks: readonly Chunk[],
  first: number,
  end: number,
  context: Context,
): number | undefined {
  let length = 0
  for (let n = first; n < end; n++) {
    const chunk = chunks[n]
    if (typeof chunk === 'number') length += chunk
    else {
      const text = typeof chunk === 'object' ? resolve(chunk, context) : chunk
      if (text === undefined) return undefined
      length += text.length
    }
  }
  return length
}

/** The text that chunks stand for; undefined when that is not one text. */
export function textOf(chunks: readonly Chunk[], context: Context): string | undefined {
  let text = ''
  for (const chunk of chunks) {
    const part = typeof chunk === 'object' ? resolve(chunk, context) : chunk
    if (typeof part !== 'string') return undefined
    text += part
  }
  return text
}

/** Where the segment ends when it stands at this place; -1 when it does not, or a variable has no value. */
export function endAt(
  chunks: readonly Chunk[],
  first: number,
  end: number,
  text: string,
  at: number,
  context: Context,
): number {
  let from = at
  for (let n = first; n < end; n++) {
    const chunk = chunks[n]
    if (typeof chunk === 'number') {
      from += chunk
      continue
    }
    const wanted = typeof chunk === 'object' ? resolve(chunk, context) : chunk
    if (wanted === undefined || !text.startsWith(wanted, from)) return -1
    from += wanted.length
  }
  return from <= text.length ? from : -1
}

/** Where the segment ends at the first place, from `at` on, where it stands; -1 when there is none. */
export function endOfFirst(
  chunks: readonly Chunk[],
  first: number,
  end: number,
  text: string,
  at: number,
  context: Context,
): number {
  const only = chunks[first]
  if (end - first === 1 && typeof only === 'string') {
    const found = text.indexOf(only, at)
    return found < 0 ? -1 : found + only.length
  }
  const codes = codesOf(chunks.slice(first, end), context)
  return codes === undefined ? -1 : search(codes, text, at)
}

/** Undefined when a variable has no value. */
function codesOf(segment: readonly Chunk[], context: Context): Int32Array | undefined {
  const codes: number[] = []
  for (const chunk of segment) {
    if (typeof chunk === 'number') for (let n = 0; n < chunk; n++) codes.push(any)
    else {
      const text = typeof chunk === 'object' ? resolve(chunk, context) : chunk
      if (text === undefined) return undefined
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
    if (((state[words - 1] ?? 0) & lastBit) !== 0) return at + 1
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
