import { list, oneOf, structure, text } from '../aws/params.ts'
import { region } from '../base/arn.ts'
import type { ListedSecret } from '../store/secrets.ts'

type Test = (secret: ListedSecret) => boolean

const wordsOfDescription = sortedWords(({ description = '' }) => [description])
const allWords = sortedWords(({ name, description = '', tags }) => [
  name,
  description,
  ...Object.entries(tags).flat(),
])

/** How a value of each filter is held against a secret. */
const compileBy = {
  description: (wanted: string) => hasWords(wanted, wordsOfDescription),
  name:
    (wanted: string): Test =>
    secret =>
      secret.name.startsWith(wanted),
  'tag-key':
    (wanted: string): Test =>
    secret =>
      Object.keys(secret.tags).some(beginsWith(wanted)),
  'tag-value':
    (wanted: string): Test =>
    secret =>
      Object.values(secret.tags).some(beginsWith(wanted)),
  'primary-region':
    (wanted: string): Test =>
    () =>
      region.startsWith(wanted),
  'owning-service': (): Test => () => false,
  all: (wanted: string) => hasWords(wanted, allWords),
}

const keys = Object.keys(compileBy) as (keyof typeof compileBy)[]

export const filters = list(
  structure({ Key: oneOf(...keys), Values: list(text({ min: 1, max: 512 }), { min: 1, max: 10 }) }),
  { max: 10 },
)

export type Filter = { Key: keyof typeof compileBy; Values: readonly string[] }

/**
 * Whether a secret fits every filter: one of its values, each a prefix, where `!` before it means the contrary.
 *
 * @see AWS Secrets Manager API reference, Filter
 */
export function compileFilters(given: readonly Filter[]): Test {
  const compiled = given.map(({ Key, Values }) =>
    Values.map((value): Test => {
      const fits = compileBy[Key](value.replace(/^!/, ''))
      return value.startsWith('!') ? secret => !fits(secret) : fits
    }),
  )
  return secret => compiled.every(values => values.some(fits => fits(secret)))
}

function beginsWith(wanted: string): (text: string) => boolean {
  return text => text.startsWith(wanted)
}

/**
 * What is wanted is broken into words; with each of them some word of the texts must begin, in whatever case. Words end
 * where letters and digits do, and before a capital. What is no word at all fits nothing.
 */
function hasWords(wanted: string, wordsIn: (secret: ListedSecret) => readonly string[]): Test {
  const asked = wordsOf(wanted)
  return secret => asked.length > 0 && asked.every(word => hasBeginning(wordsIn(secret), word))
}

/** Each secret's words are read and sorted once, however many values it is held against. */
function sortedWords(
  textsOf: (secret: ListedSecret) => string[],
): (secret: ListedSecret) => readonly string[] {
  const known = new WeakMap<ListedSecret, readonly string[]>()
  return secret => {
    const words = known.get(secret) ?? sort(textsOf(secret))
    known.set(secret, words)
    return words
  }
}

function sort(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.flatMap(text => [...wordsOf(text), ...wordsOf(text.replace(humps, ' '))]))].sort()
}

/** In sorted words, those that begin with one come next to it. */
function hasBeginning(words: readonly string[], wanted: string): boolean {
  let [low, high] = [0, words.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((words[middle] ?? '') < wanted) low = middle + 1
    else high = middle
  }
  return words[low]?.startsWith(wanted) === true
}

const humps = /(?<=\p{Ll})(?=\p{Lu})/gu

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word !== '')
}
