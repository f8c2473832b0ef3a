import { type Chunk, star, type Variable } from './segment.ts'

/** A number below 0: so many characters of the pattern's text. Above it: so many of any kind; `star` between. */
export type Part = Variable | number

/**
 * What stands where in a pattern, without its text. Many patterns of a document have one shape, which is then in the
 * processor's cache: what has to be fetched from memory for each is its text alone, in one piece.
 */
export type Shape = {
  parts: readonly Part[]
  /** Where the first and the last `*` are; behind all parts, and before them, when there is none. */
  firstStar: number
  lastStar: number
  /** Where in the text that begins which stands behind the last `*`. */
  lastText: number
  /** The keys of its variables that have no default. */
  needs: readonly string[]
}

export function shapeOf(chunks: readonly Chunk[]): Shape {
  const parts = chunks.map(chunk => (typeof chunk === 'string' ? -chunk.length : chunk))
  const firstStar = parts.indexOf(star)
  const lastStar = parts.lastIndexOf(star)
  return {
    parts,
    firstStar: firstStar < 0 ? parts.length : firstStar,
    lastStar,
    lastText: textLength(parts, 0, lastStar + 1),
    needs: parts.flatMap(part => (typeof part === 'object' && part.fallback === undefined ? part.key : [])),
  }
}

export function textOfChunks(chunks: readonly Chunk[]): string {
  return chunks.filter(chunk => typeof chunk === 'string').join('')
}

/** The chunks again that it was made of. */
export function chunksOf({ parts }: Shape, text: string): Chunk[] {
  let at = 0
  return parts.map(part => {
    if (typeof part !== 'number' || part >= 0) return part
    at -= part
    return text.slice(at + part, at)
  })
}

/** How much of the pattern's text stands in these parts. */
export function textLength(parts: readonly Part[], first: number, end: number): number {
  let length = 0
  for (let n = first; n < end; n++) {
    const part = parts[n]
    if (typeof part === 'number' && part < 0) length -= part
  }
  return length
}
