import { list, oneOf, structure, text } from '../aws/params.ts'
import { region } from '../base/arn.ts'
import type { ListedSecret } from '../store/secrets.ts'

type Test = (secret: ListedSecret) => boolean

/** How a value of each filter is held against a secret. */
const compileBy = {
  description: (wanted: string) => hasWords(wanted, ({ description = '' }) => [description]),
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
  all: (wanted: string) =>
    hasWords(wanted, ({ name, description = '', tags }) => [
      name,
      description,
      ...Object.entries(tags).flat(),
    ]),
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
function hasWords(wanted: string, textsOf: (secret: ListedSecret) => string[]): Test {
  const asked = wordsOf(wanted)
  return secret => {
    if (asked.length === 0) return false
    const there = textsOf(secret).flatMap(text => [...wordsOf(text), ...wordsOf(text.replace(humps, ' '))])
    return asked.every(word => there.some(beginsWith(word)))
  }
}

const humps = /(?<=\p{Ll})(?=\p{Lu})/gu

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word !== '')
}
