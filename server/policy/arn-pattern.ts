import { type Context, compilePattern, type Pattern } from './pattern.ts'

const fields = 6

/**
 * A pattern for ARNs. The first five fields are matched each by itself, so that `*` in one never reaches
 * into the next; in the last, the resource, it crosses `/` and `:`. `*` alone is every resource there is.
 *
 * @see AWS IAM User Guide, "IAM JSON policy elements: Resource", and "Amazon Resource Name (ARN) condition operators"
 */
export function compileArnPattern(source: string, variables: boolean): Pattern {
  if (source === '*') return { literal: undefined, matches: () => true }
  const sources = splitFields(source)
  const last = sources.at(-1) ?? ''
  // `arn:aws:s3*` is taken for `arn:aws:s3*:*:*:*`; a pattern that ends early otherwise names nothing.
  if (sources.length < fields && !last.endsWith('*')) return { literal: undefined, matches: () => false }
  while (sources.length < fields) sources.push('*')
  const patterns = sources.map(field => compilePattern(field, { wildcards: true, variables }))
  if (patterns.every(pattern => pattern.literal !== undefined)) {
    const literal = patterns.map(pattern => pattern.literal).join(':')
    return { literal, matches: text => text === literal }
  }
  return { literal: undefined, matches: (text, context) => matchFields(patterns, text, context) }
}

function matchFields(patterns: readonly Pattern[], text: string, context: Context): boolean {
  let from = 0
  for (let n = 0; n < fields - 1; n++) {
    const end = text.indexOf(':', from)
    if (end < 0 || !patterns[n]?.matches(text.slice(from, end), context)) return false
    from = end + 1
  }
  return patterns[fields - 1]?.matches(text.slice(from), context) ?? false
}

/** At the first five colons that are not within a variable: `${aws:username}` holds one. */
function splitFields(source: string): string[] {
  const found: string[] = []
  let from = 0
  let depth = 0
  for (let at = 0; at < source.length && found.length < fields - 1; at++) {
    if (source.startsWith('${', at)) depth++
    else if (source[at] === '}' && depth > 0) depth--
    else if (source[at] === ':' && depth === 0) {
      found.push(source.slice(from, at))
      from = at + 1
    }
  }
  found.push(source.slice(from))
  return found
}
