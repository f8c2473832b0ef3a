/** Condition keys in lower case to their values. */
export type Context = ReadonlyMap<string, readonly string[]>

/** A compiled pattern. A pattern whose variables can't be resolved matches nothing. */
export type Pattern = {
  matches(text: string, context: Context): boolean
  /** The text that it means, where it has neither wildcards nor variables. */
  literal: string | undefined
}

type Variable = { key: string; fallback: string | undefined }
type Part = { text: string } | { wildcard: '*' | '?' } | { variable: Variable }

export type PatternOptions = {
  /** Whether `*` and `?` act. */
  wildcards: boolean
  /** Whether `${...}` acts: in documents of version 2012-10-17. */
  variables: boolean
  ignoreCase?: boolean
}

/**
 * Compiles a pattern once. A variable's value is text: a person whose name holds a `*` must not match
 * everybody's.
 *
 * @see AWS IAM User Guide, "IAM policy elements: Variables and tags"
 */
export function compilePattern(source: string, options: PatternOptions): Pattern {
  const parts = parseParts(source, options)
  const fold = options.ignoreCase ? (text: string) => text.toLowerCase() : (text: string) => text
  if (!parts.some(part => 'variable' in part)) return compileFixed(parts, fold)
  return {
    literal: undefined,
    matches(text, context) {
      const resolved = resolve(parts, context)
      return resolved !== undefined && compileFixed(resolved, fold).matches(text, context)
    },
  }
}

type Fixed = Exclude<Part, { variable: Variable }>

function compileFixed(parts: readonly Part[], fold: (text: string) => string): Pattern {
  const segments = segmentsOf(parts as readonly Fixed[], fold)
  const [only, ...others] = segments
  if (only !== undefined && others.length === 0 && only.ones.length === 0) {
    const { text: wanted } = only
    return { literal: wanted, matches: text => fold(text) === wanted }
  }
  return { literal: undefined, matches: text => matchSegments(segments, fold(text)) }
}

/** What stands between two `*`: text, in which some places stand for any one character. */
type Segment = { text: string; ones: readonly number[] }

function segmentsOf(parts: readonly Fixed[], fold: (text: string) => string): Segment[] {
  const segments: { text: string; ones: number[] }[] = [{ text: '', ones: [] }]
  for (const part of parts) {
    const last = segments.at(-1)
    if (last === undefined) break
    if ('text' in part) last.text += fold(part.text)
    else if (part.wildcard === '?') {
      last.ones.push(last.text.length)
      last.text += '?'
    } else segments.push({ text: '', ones: [] })
  }
  return segments
}

/**
 * The first segment at the start, the last at the end, each other one at its first place after the one
 * before. Taking the first place is never wrong, so that nothing is ever tried twice: a pattern of
 * thousands of stars costs no more than its length and the text's.
 */
function matchSegments(segments: readonly Segment[], text: string): boolean {
  const first = segments[0]
  const last = segments.at(-1)
  if (first === undefined || last === undefined) return false
  if (segments.length === 1) return first.text.length === text.length && standsAt(first, text, 0)
  const end = text.length - last.text.length
  if (end < first.text.length || !standsAt(first, text, 0) || !standsAt(last, text, end)) return false
  let at = first.text.length
  for (let n = 1; n < segments.length - 1; n++) {
    const segment = segments[n]
    if (segment === undefined) return false
    const found = findFrom(segment, text, at)
    if (found < 0 || found + segment.text.length > end) return false
    at = found + segment.text.length
  }
  return true
}

function findFrom(segment: Segment, text: string, from: number): number {
  if (segment.ones.length === 0) return text.indexOf(segment.text, from)
  for (let at = from; at + segment.text.length <= text.length; at++) {
    if (standsAt(segment, text, at)) return at
  }
  return -1
}

function standsAt({ text: wanted, ones }: Segment, text: string, at: number): boolean {
  if (ones.length === 0) return text.startsWith(wanted, at)
  let from = 0
  for (const one of ones) {
    if (!text.startsWith(wanted.slice(from, one), at + from) || at + one >= text.length) return false
    from = one + 1
  }
  return text.startsWith(wanted.slice(from), at + from)
}

/** A variable with no value, or with several, has no text; without a default the pattern means nothing. */
function resolve(parts: readonly Part[], context: Context): Fixed[] | undefined {
  const resolved: Fixed[] = []
  for (const part of parts) {
    if (!('variable' in part)) {
      resolved.push(part)
      continue
    }
    const values = context.get(part.variable.key)
    const text = values?.length === 1 ? values[0] : part.variable.fallback
    if (text === undefined) return undefined
    resolved.push({ text })
  }
  return resolved
}

const special = /\$\{([^{}]*)\}|[*?]/g
const withDefault = /^\s*([^,\s]+)\s*,\s*'([^']*)'\s*$/

function parseParts(source: string, { wildcards, variables }: PatternOptions): Part[] {
  const parts: Part[] = []
  let from = 0
  for (const match of source.matchAll(special)) {
    const part = partOf(match[0], match[1], wildcards, variables)
    if (part === undefined) continue
    parts.push({ text: source.slice(from, match.index) }, part)
    from = match.index + match[0].length
  }
  parts.push({ text: source.slice(from) })
  return parts
}

function partOf(
  whole: string,
  inner: string | undefined,
  wildcards: boolean,
  variables: boolean,
): Part | undefined {
  if (whole === '*' || whole === '?') return wildcards ? { wildcard: whole } : undefined
  if (!variables || inner === undefined) return undefined
  if (inner === '*' || inner === '?' || inner === '$') return { text: inner }
  const [, key, fallback] = withDefault.exec(inner) ?? []
  return { variable: { key: (key ?? inner).trim().toLowerCase(), fallback } }
}
