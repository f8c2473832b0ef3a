import { type Chunk, star, type Variable } from './segment.ts'
import type { SharedParts } from './shared-parts.ts'

export type PatternOptions = {
  /** Whether `*` and `?` act. */
  wildcards: boolean
  /** Whether `${...}` acts: in documents of version 2012-10-17. */
  variables: boolean
  /** With the other patterns of its document. */
  shared?: SharedParts
}

/** A stretch of a pattern that is read in its own way. */
export type Span = PatternOptions & { source: string }

/** What the stretches are made of, one after the other: two texts side by side are one, and two `*` as well. */
export function readChunks(spans: readonly Span[]): readonly Chunk[] {
  return chunksOf(spans.flatMap(readParts))
}

type Part = string | Variable | { wildcard: '*' | '?' }

function chunksOf(parts: readonly Part[]): Chunk[] {
  const chunks: Chunk[] = []
  for (const part of parts) {
    const before = chunks.at(-1)
    if (typeof part === 'string') {
      if (typeof before === 'string') chunks[chunks.length - 1] = before + part
      else if (part !== '') chunks.push(part)
    } else if (!('wildcard' in part)) chunks.push(part)
    else if (part.wildcard === '?') {
      if (typeof before === 'number' && before !== star) chunks[chunks.length - 1] = before + 1
      else chunks.push(1)
    }
    // Two stars in a row mean no more than one.
    else if (before !== star) chunks.push(star)
  }
  return chunks
}

const specials = { withVariables: /\$\{([^{}]*)\}|[*?]/g, without: /[*?]/g }
const withDefault = /^([^,]+),\s*'([^']*)'\s*$/

function readParts({ source, wildcards, variables }: Span): Part[] {
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
