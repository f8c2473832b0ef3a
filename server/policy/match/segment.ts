import type { Context } from '../request.ts'
import type { Part } from './shape.ts'

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
 * What stands between two `*` is a segment: here, the parts of a shape from `first` up to `end`, whose text is in
 * `wanted` from `wantedAt` on.
 */

/** In characters; undefined when a variable has no value. */
export function lengthOf(
  parts: readonly Part[],
  first: number,
  end: number,
  context: Context,
): number | undefined {
  let length = 0
  for (let n = first; n < end; n++) {
    const part = parts[n]
    if (typeof part === 'number') length += Math.abs(part)
    else {
      const text = part && resolve(part, context)
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
  parts: readonly Part[],
  first: number,
  end: number,
  wanted: string,
  wantedAt: number,
  text: string,
  at: number,
  context: Context,
): number {
  let from = at
  let wantedFrom = wantedAt
  for (let n = first; n < end; n++) {
    const part = parts[n]
    if (typeof part === 'number') {
      if (part < 0) {
        if (!hasPart(text, from, wanted, wantedFrom, -part)) return -1
        wantedFrom -= part
      }
      from += Math.abs(part)
      continue
    }
    const value = part && resolve(part, context)
    if (value === undefined || !text.startsWith(value, from)) return -1
    from += value.length
  }
  return from <= text.length ? from : -1
}

/** Whether the text has so many characters of the wanted one, without making a text of them. */
function hasPart(text: string, at: number, wanted: string, wantedAt: number, length: number): boolean {
  if (at + length > text.length) return false
  for (let n = 0; n < length; n++) {
    if (text.charCodeAt(at + n) !== wanted.charCodeAt(wantedAt + n)) return false
  }
  return true
}

/** Where the segment ends at the first place, from `at` on, where it stands; -1 when there is none. */
export function endOfFirst(
  parts: readonly Part[],
  first: number,
  end: number,
  wanted: string,
  wantedAt: number,
  text: string,
  at: number,
  context: Context,
): number {
  const only = parts[first]
  if (end - first === 1 && typeof only === 'number' && only < 0) {
    const found = text.indexOf(wanted.slice(wantedAt, wantedAt - only), at)
    return found < 0 ? -1 : found - only
  }
  const codes = codesOf(parts, first, end, wanted, wantedAt, context)
  return codes === undefined ? -1 : search(codes, text, at)
}

/** Undefined when a variable has no value. */
function codesOf(
  parts: readonly Part[],
  first: number,
  end: number,
  wanted: string,
  wantedAt: number,
  context: Context,
): Int32Array | undefined {
  const codes: number[] = []
  let wantedFrom = wantedAt
  for (const part of parts.slice(first, end)) {
    if (typeof part === 'number' && part > 0) for (let n = 0; n < part; n++) codes.push(any)
    else {
      const isText = typeof part === 'number'
      const text = isText ? wanted.slice(wantedFrom, wantedFrom - part) : resolve(part, context)
      if (text === undefined) return undefined
      if (isText) wantedFrom -= part
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
