import { type Piece, resolve } from '../../match/segment.ts'
import type { Context } from '../../request.ts'

/** What to write for a wildcard, after so much of the text. */
type WordFor = (wildcard: '*' | '?', before: string) => string

/** A text that the pattern matches, made of words; undefined where a variable has no value. */
export function exampleOf(
  pieces: readonly Piece[] | undefined,
  context: Context,
  wordFor: WordFor,
): string | undefined {
  let text = ''
  for (const piece of pieces ?? []) {
    const next =
      typeof piece === 'string'
        ? piece
        : 'key' in piece
          ? resolve(piece, context)
          : wordFor(piece.wildcard, text)
    if (next === undefined) return undefined
    text += next
  }
  return pieces && text
}

const wordsOfArn = ['arn', 'aws', 'service', 'eu-west-1', '111122223333']

/** Words for each field of an ARN, as it would be written. */
export const arnWord: WordFor = (wildcard, before) => {
  const word = wordsOfArn[before.split(':').length - 1] ?? 'example'
  return wildcard === '*' ? word : word.slice(0, 1)
}

export const plainWord: WordFor = wildcard => (wildcard === '*' ? 'example' : 'x')
export const actionWord: WordFor = wildcard => (wildcard === '*' ? 'Example' : 'x')
