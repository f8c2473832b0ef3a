import type { Context } from '../request.ts'
import { findFrom, lengthOf, type Piece, type Segment, standsAt, textOf, type Variable } from './segment.ts'

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

export type PatternOptions = {
  /** Whether `*` and `?` act. */
  wildcards: boolean
  /** Whether `${...}` acts: in documents of version 2012-10-17. */
  variables: boolean
}

/**
 * Compiles a pattern once. A variable's value is text: a person whose name holds a `*` must not match
 * everybody's.
 *
 * @see AWS IAM User Guide, "IAM policy elements: Variables and tags"
 */
export function compilePattern(source: string, options: PatternOptions): Pattern {
  return compileSpans([{ source, ...options }])
}

/** A stretch of a pattern that is read in its own way. */
export type Span = PatternOptions & { source: string }

/** One pattern of several stretches. */
export function compileSpans(spans: readonly Span[]): Pattern {
  const source = spans.map(span => span.source).join('')
  const segments = segmentsOf(spans.flatMap(parseParts))
  const [first = [], ...others] = segments
  if (others.length === 0 && first.every(chunk => typeof chunk === 'string')) {
    return new LiteralPattern(first.join(''), source)
  }
  return new SegmentPattern(segments, source)
}

class LiteralPattern implements Pattern {
  readonly literal: string
  readonly source: string
  readonly needs: readonly string[] = none

  constructor(literal: string, source: string) {
    this.literal = literal
    this.source = source
  }

  get anchor(): Anchor {
    return { runs: [this.literal], prefix: this.literal, suffix: '', exact: true }
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

class SegmentPattern implements Pattern {
  readonly literal = undefined
  readonly source: string
  readonly needs: readonly string[]
  /** What it begins with. Looked at first, since most texts differ there. */
  readonly #prefix: string
  readonly #first: Segment
  /** Undefined without a star. */
  readonly #last: Segment | undefined
  readonly #between: readonly Segment[]

  constructor(segments: readonly Segment[], source: string) {
    this.source = source
    this.#first = segments[0] ?? []
    this.#last = segments.length > 1 ? segments.at(-1) : undefined
    this.#between = segments.length > 2 ? segments.slice(1, -1) : noSegments
    this.#prefix = textOnly(this.#first[0])
    const needs = segments.flat().flatMap(chunk => (isNeedy(chunk) ? chunk.key : []))
    this.needs = needs.length === 0 ? none : needs
  }

  get anchor(): Anchor {
    const chunks = [this.#first, ...this.#between, this.#last ?? []].flat()
    return {
      runs: chunks.filter(chunk => typeof chunk === 'string'),
      prefix: this.#prefix,
      suffix: textOnly((this.#last ?? this.#first).at(-1)),
      exact: false,
    }
  }

  get pieces(): readonly Piece[] {
    const others = this.#last === undefined ? [] : [...this.#between, this.#last]
    return [
      ...this.#first.flatMap(piecesOf),
      ...others.flatMap(segment => [star, ...segment.flatMap(piecesOf)]),
    ]
  }

  textIn(context: Context): string | undefined {
    return this.#last === undefined ? textOf(this.#first, context) : undefined
  }

  matches(text: string, context: Context): boolean {
    return this.matchesWithin(text, 0, text.length, context)
  }

  /**
   * The first segment at the start, the last at the end, each other one at its first place after the one
   * before. Taking the first place is never wrong, so that nothing is ever tried twice.
   */
  matchesWithin(text: string, from: number, to: number, context: Context): boolean {
    if (!text.startsWith(this.#prefix, from)) return false
    const firstLength = lengthOf(this.#first, context)
    if (firstLength === undefined || !standsAt(this.#first, text, from, context)) return false
    let at = from + firstLength
    if (this.#last === undefined) return at === to

    const lastLength = lengthOf(this.#last, context)
    if (lastLength === undefined) return false
    const end = to - lastLength
    if (end < at || !standsAt(this.#last, text, end, context)) return false
    for (const segment of this.#between) {
      const length = lengthOf(segment, context)
      if (length === undefined) return false
      const found = findFrom(segment, text, at, context)
      if (found < 0 || found + length > end) return false
      at = found + length
    }
    return true
  }
}

const none: readonly string[] = []
const noSegments: readonly Segment[] = []
const star: Piece = { wildcard: '*', crosses: true }

/** What a lone `*` means, and what an ARN that ends too early does. */
export const everything: Pattern = {
  source: '*',
  literal: undefined,
  textIn: () => undefined,
  matches: () => true,
  matchesWithin: () => true,
  anchor: everywhere,
  needs: none,
  pieces: [star],
}

export const nothing: Pattern = {
  ...everything,
  matches: () => false,
  matchesWithin: () => false,
  pieces: undefined,
}

function piecesOf(chunk: Segment[number]): Piece[] {
  if (typeof chunk !== 'number') return [chunk]
  return Array.from({ length: chunk }, () => ({ wildcard: '?', crosses: true }))
}

function textOnly(chunk: Segment[number] | undefined): string {
  return typeof chunk === 'string' ? chunk : ''
}

function isNeedy(chunk: Segment[number]): chunk is Variable {
  return typeof chunk === 'object' && chunk.fallback === undefined
}

type Part = string | Variable | { wildcard: '*' | '?' }

function segmentsOf(parts: readonly Part[]): Segment[] {
  const segments: (string | Variable | number)[][] = [[]]
  for (const part of parts) {
    const segment = segments.at(-1) ?? []
    const before = segment.at(-1)
    if (typeof part === 'string') {
      if (typeof before === 'string') segment[segment.length - 1] = before + part
      else if (part !== '') segment.push(part)
    } else if (!('wildcard' in part)) segment.push(part)
    else if (part.wildcard === '*') segments.push([])
    else if (typeof before === 'number') segment[segment.length - 1] = before + 1
    else segment.push(1)
  }
  // Two stars in a row mean no more than one.
  return segments.filter((segment, n) => segment.length > 0 || n === 0 || n === segments.length - 1)
}

const specials = { withVariables: /\$\{([^{}]*)\}|[*?]/g, without: /[*?]/g }
const withDefault = /^([^,]+),\s*'([^']*)'\s*$/

function parseParts({ source, wildcards, variables }: Span): Part[] {
  const parts: Part[] = []
  let from = 0
  for (const match of source.matchAll(variables ? specials.withVariables : specials.without)) {
    const part = partOf(match[0], match[1], wildcards)
    if (part === undefined) continue
    parts.push(source.slice(from, match.index), part)
    from = match.index + match[0].length
  }
  parts.push(source.slice(from))
  return parts
}

function partOf(whole: string, inner: string | undefined, wildcards: boolean): Part | undefined {
  if (whole === '*' || whole === '?') return wildcards ? { wildcard: whole } : undefined
  if (inner === undefined) return undefined
  if (inner === '*' || inner === '?' || inner === '$') return inner
  const [, key, fallback] = withDefault.exec(inner) ?? []
  return { key: (key ?? inner).trim().toLowerCase(), fallback }
}
