import type { Context } from '../request.ts'
import { type Automaton, compileAutomaton, type Step } from './automaton.ts'
import { type Anchor, compilePattern, compileSpans, everything, nothing, type Pattern } from './pattern.ts'
import { type Piece, resolve } from './segment.ts'
import type { SharedParts } from './shared-parts.ts'

const headFields = 5

/**
 * What a Resource element means. A `*` at the end of a field crosses colons, and so reaches into the fields
 * behind it; one within a field, and `?`, do not. In the last field all of them cross `/` and `:`. Fields that
 * are left out at the end are `*`, and `*` alone is every resource there is. Variables act in the last field.
 *
 * @see AWS IAM User Guide, "IAM JSON policy elements: Resource"
 */
export function compileResourcePattern(source: string, variables: boolean, shared?: SharedParts): Pattern {
  if (/^\*+$/.test(source)) return everything
  const fields = splitFields(source)
  while (fields.length <= headFields) fields.push('*')
  const head = `${fields.slice(0, headFields).join(':')}:`
  const last = fields[headFields] ?? ''
  const options = { wildcards: true, variables, ...(shared && { shared }) }
  const spans = [
    { ...options, source: head, variables: false },
    { ...options, source: last },
  ]
  if (!/[*?]/.test(head)) return compileSpans(source, spans, head.length)
  const resource = compilePattern(last, options)
  if (/\?|\*[^*:]/.test(head)) return new MixedPattern(source, head, resource)
  return new CrossingPattern(source, compileSpans(source, spans), resource)
}

/**
 * What an Arn operator means: each of the six fields is matched by itself, so that `*` in one never reaches
 * into the next; in the last, the resource, it crosses `/` and `:`. Variables act in the last field alone.
 *
 * @see AWS IAM User Guide, "Amazon Resource Name (ARN) condition operators"
 */
export function compileArnPattern(source: string, variables: boolean): Pattern {
  if (/^\*+$/.test(source)) return everything
  const sources = splitFields(source)
  if (sources.length <= headFields) {
    // `arn:aws:s3*` is taken for `arn:aws:s3*:*:*:*`; a pattern that ends early otherwise names nothing.
    if (!source.endsWith('*')) return { ...nothing, source }
    while (sources.length <= headFields) sources.push('*')
  }
  const head = sources
    .slice(0, headFields)
    .map(field => compilePattern(field, { wildcards: true, variables: false }))
  const resource = compilePattern(sources[headFields] ?? '', { wildcards: true, variables })
  return head.every(({ literal }) => literal !== undefined)
    ? compileResourcePattern(sources.join(':'), variables)
    : new FieldsPattern(source, head, resource)
}

/** Where the last field of an ARN begins; undefined when the text is no ARN. */
export function resourceFieldOf(text: string): number | undefined {
  let at = 0
  for (let n = 0; n < headFields; n++) {
    at = text.indexOf(':', at) + 1
    if (at === 0) return undefined
  }
  return at
}

abstract class ArnPattern implements Pattern {
  readonly source: string
  readonly resource: Pattern

  constructor(source: string, resource: Pattern) {
    this.source = source
    this.resource = resource
  }

  get literal(): string | undefined {
    return undefined
  }

  get anchor(): Anchor {
    return this.resource.anchor
  }

  get needs(): readonly string[] {
    return this.resource.needs
  }

  abstract readonly pieces: readonly Piece[] | undefined

  textIn(_context: Context): string | undefined {
    return undefined
  }

  matches(text: string, context: Context): boolean {
    return this.matchesWithin(text, 0, text.length, context)
  }

  abstract matchesWithin(text: string, from: number, to: number, context: Context): boolean
}

/** The resource field of what matches may begin anywhere: a `*` before it may have eaten some of the text's. */
function anchorBehindStar({ runs, suffix }: Anchor): Anchor {
  return { runs, prefix: '', suffix, exact: false }
}

/** Each `*` of it crosses colons: one pattern from end to end. */
class CrossingPattern extends ArnPattern {
  readonly #whole: Pattern

  constructor(source: string, whole: Pattern, resource: Pattern) {
    super(source, resource)
    this.#whole = whole
  }

  override get anchor(): Anchor {
    return anchorBehindStar(this.resource.anchor)
  }

  override get pieces(): readonly Piece[] {
    return this.#whole.pieces ?? []
  }

  override matchesWithin(text: string, from: number, to: number, context: Context): boolean {
    return this.#whole.matchesWithin(text, from, to, context)
  }
}

/** Some of its wildcards cross colons and some do not. */
class MixedPattern extends ArnPattern {
  readonly pieces: readonly Piece[]
  /** Made when it is first asked, where there are no variables to resolve. */
  #automaton: Automaton | undefined

  constructor(source: string, head: string, resource: Pattern) {
    super(source, resource)
    this.pieces = [...headPieces(head), ...(resource.pieces ?? [])]
  }

  override get anchor(): Anchor {
    return anchorBehindStar(this.resource.anchor)
  }

  override matchesWithin(text: string, from: number, to: number, context: Context): boolean {
    const automaton = this.#automaton ?? this.#compile(context)
    return automaton?.matches(text, from, to) === true
  }

  /** Undefined when a variable has no value. */
  #compile(context: Context): Automaton | undefined {
    const steps: Step[] = []
    let isFixed = true
    for (const piece of this.pieces) {
      const isVariable = typeof piece === 'object' && 'key' in piece
      const step = isVariable ? resolve(piece, context) : piece
      if (step === undefined) return undefined
      if (isVariable) isFixed = false
      steps.push(step)
    }
    const automaton = compileAutomaton(steps)
    if (isFixed) this.#automaton = automaton
    return automaton
  }
}

/** A star crosses when its field ends with it. */
function headPieces(head: string): Piece[] {
  return Array.from(head.matchAll(/\*+|\?|[^*?]+/g), ({ 0: part, index }) => {
    if (part === '?') return { wildcard: '?', crosses: false }
    if (!part.startsWith('*')) return part
    return { wildcard: '*', crosses: head.charAt(index + part.length) === ':' }
  })
}

class FieldsPattern extends ArnPattern {
  readonly #head: readonly Pattern[]

  constructor(source: string, head: readonly Pattern[], resource: Pattern) {
    super(source, resource)
    this.#head = head
  }

  override get pieces(): readonly Piece[] {
    const head = this.#head.flatMap(({ pieces = [] }) => [...pieces.map(withinField), ':'])
    return [...head, ...(this.resource.pieces ?? [])]
  }

  override matchesWithin(text: string, from: number, to: number, context: Context): boolean {
    let at = from
    for (const field of this.#head) {
      const end = text.indexOf(':', at)
      if (end < 0 || end >= to || !field.matchesWithin(text, at, end, context)) return false
      at = end + 1
    }
    return this.resource.matchesWithin(text, at, to, context)
  }
}

function withinField(piece: Piece): Piece {
  return typeof piece === 'object' && 'wildcard' in piece ? { ...piece, crosses: false } : piece
}

/** At the first five colons that are not within a variable: `${aws:username}` holds one. */
function splitFields(source: string): string[] {
  const found: string[] = []
  let from = 0
  while (found.length < headFields) {
    const end = source.indexOf(':', from)
    if (end < 0) break
    const variable = source.indexOf('${', from)
    // From here on, colons may be in variables, which act in the last field alone.
    if (variable >= 0 && variable < end) break
    found.push(source.slice(from, end))
    from = end + 1
  }
  found.push(source.slice(from))
  return found
}
