import type { Context } from '../request.ts'
import { type PatternOptions, readChunks, type Span } from './read-chunks.ts'
import { type Chunk, endAt, endOfFirst, lengthOf, type Piece, star, textOf } from './segment.ts'
import { chunksOf, type Shape, shapeOf, textLength, textOfChunks } from './shape.ts'

/** A compiled pattern. One whose variables have no value matches nothing. */
export type Pattern = {
  /** As it was given. */
  readonly source: string
  matches(text: string, context: Context): boolean
  /** The same for the part of a text from `from` up to `to`. */
  matchesWithin(text: string, from: number, to: number, context: Context): boolean
  /** The text that it means, where it has neither wildcards nor variables. */
  readonly literal: string | undefined
  /** The one text that it means in this context; undefined with wildcards, or when a variable has no value. */
  textIn(context: Context): string | undefined
  readonly anchor: Anchor
  /** The keys of its variables that have no default. */
  readonly needs: readonly string[]
  /** Undefined for one that matches nothing. */
  readonly pieces: readonly Piece[] | undefined
}

/**
 * The pieces of plain text that every text which matches has in it, and those that it begins and ends with;
 * `exact` when there is one and it is all. Of an ARN, only the last field counts, the resource: in the others
 * ARNs are too much alike to be told apart.
 */
export type Anchor = { runs: readonly string[]; prefix: string; suffix: string; exact: boolean }

/** No help: the text may be any. */
export const everywhere: Anchor = { runs: [], prefix: '', suffix: '', exact: false }

/**
 * Compiles a pattern once. A variable's value is text: a person whose name holds a `*` must not match
 * everybody's.
 *
 * @see AWS IAM User Guide, "IAM policy elements: Variables and tags"
 */
export function compilePattern(source: string, options: PatternOptions): Pattern {
  return compileSpans(source, [{ source, ...options }])
}

/**
 * One pattern of several stretches.
 *
 * @param source what it is called
 * @param headLength how many characters at its start are the head of an ARN, which its anchor leaves out
 */
export function compileSpans(source: string, spans: readonly Span[], headLength = 0): Pattern {
  const chunks = readChunks(spans)
  const literal = textOfAll(chunks)
  if (literal !== undefined) return new LiteralPattern(literal, source, headLength)
  const shape = spans[0]?.shared?.shape(chunks) ?? shapeOf(chunks)
  return new ShapedPattern(shape, textOfChunks(chunks), source, headLength)
}

class LiteralPattern implements Pattern {
  readonly literal: string
  readonly source: string
  readonly needs: readonly string[] = none
  readonly #headLength: number

  constructor(literal: string, source: string, headLength: number) {
    this.literal = literal
    this.source = source
    this.#headLength = headLength
  }

  get anchor(): Anchor {
    const text = this.literal.slice(this.#headLength)
    return { runs: [text], prefix: text, suffix: '', exact: true }
  }

  get pieces(): readonly Piece[] {
    return [this.literal]
  }

  textIn(): string {
    return this.literal
  }

  matches(text: string): boolean {
    return text === this.literal
  }

  matchesWithin(text: string, from: number, to: number): boolean {
    return to - from === this.literal.length && text.startsWith(this.literal, from)
  }
}

class ShapedPattern implements Pattern {
  readonly #shape: Shape
  readonly #text: string
  readonly #headLength: number
  readonly source: string

  constructor(shape: Shape, text: string, source: string, headLength: number) {
    this.#shape = shape
    this.#text = text
    this.#headLength = headLength
    this.source = source
  }

  get literal(): undefined {
    return undefined
  }

  get needs(): readonly string[] {
    return this.#shape.needs
  }

  get anchor(): Anchor {
    const chunks = chunksOf(this.#shape, this.#text)
    const prefix = textOnly(chunks[0]).slice(this.#headLength)
    const others = chunks.slice(1).filter(chunk => typeof chunk === 'string')
    const runs = prefix === '' ? others : [prefix, ...others]
    return { runs, prefix, suffix: textOnly(chunks.at(-1)), exact: false }
  }

  get pieces(): readonly Piece[] {
    return chunksOf(this.#shape, this.#text).flatMap(piecesOf)
  }

  textIn(context: Context): string | undefined {
    return textOf(chunksOf(this.#shape, this.#text), context)
  }

  matches(text: string, context: Context): boolean {
    return this.matchesWithin(text, 0, text.length, context)
  }

  /**
   * The first segment at the start, the last at the end, each other one at its first place after the one
   * before. Taking the first place is never wrong, so that nothing is ever tried twice.
   */
  matchesWithin(text: string, from: number, to: number, context: Context): boolean {
    const { parts, firstStar, lastStar, lastText } = this.#shape
    const wanted = this.#text
    let at = endAt(parts, 0, firstStar, wanted, 0, text, from, context)
    if (at < 0) return false
    if (lastStar < 0) return at === to

    const lastLength = lengthOf(parts, lastStar + 1, parts.length, context)
    if (lastLength === undefined) return false
    const end = to - lastLength
    if (end < at || endAt(parts, lastStar + 1, parts.length, wanted, lastText, text, end, context) < 0) {
      return false
    }
    let wantedAt = textLength(parts, 0, firstStar)
    for (let first = firstStar + 1; first <= lastStar; ) {
      const next = parts.indexOf(star, first)
      at = endOfFirst(parts, first, next, wanted, wantedAt, text, at, context)
      if (at < 0 || at > end) return false
      wantedAt += textLength(parts, first, next)
      first = next + 1
    }
    return true
  }
}

const none: readonly string[] = []
const anything: Piece = { wildcard: '*', crosses: true }

/** What a lone `*` means, and what an ARN that ends too early does. */
export const everything: Pattern = {
  source: '*',
  literal: undefined,
  textIn: () => undefined,
  matches: () => true,
  matchesWithin: () => true,
  anchor: everywhere,
  needs: none,
  pieces: [anything],
}

export const nothing: Pattern = {
  ...everything,
  matches: () => false,
  matchesWithin: () => false,
  pieces: undefined,
}

function piecesOf(chunk: Chunk): Piece[] {
  if (typeof chunk !== 'number') return [chunk]
  if (chunk === star) return [anything]
  return Array.from({ length: chunk }, () => ({ wildcard: '?', crosses: true }))
}

function textOnly(chunk: Chunk | undefined): string {
  return typeof chunk === 'string' ? chunk : ''
}

function textOfAll(chunks: readonly Chunk[]): string | undefined {
  return chunks.every(chunk => typeof chunk === 'string') ? chunks.join('') : undefined
}
