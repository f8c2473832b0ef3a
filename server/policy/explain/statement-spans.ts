import { itemsOf, memberOf } from '../lint/text/json-node.ts'
import { lineFinder } from '../lint/text/line-and-column.ts'
import { readJson } from '../lint/text/read-json.ts'

export type Position = { line: number; column: number }
/** Where a statement begins, and where it has just ended. */
export type Span = { start: Position; end: Position }

/** Where each statement of a document stands, in order. Empty for what is no policy. */
export function statementSpans(document: string): Span[] {
  const { root } = readJson(document)
  const statement = root?.type === 'object' ? memberOf(root, 'Statement') : undefined
  if (statement === undefined) return []
  const positionOf = lineFinder(document)
  return itemsOf(statement.value).map(({ at }) => ({
    start: positionOf(at),
    end: positionOf(endOfObject(document, at)),
  }))
}

/** Behind the brace that closes the one at this place. The text is known to be JSON. */
function endOfObject(text: string, from: number): number {
  let open = 0
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '"') at = endOfString(text, at)
    else if (character === '{') open++
    else if (character === '}' && --open === 0) return at + 1
  }
  return text.length
}

function endOfString(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1
  return at
}
