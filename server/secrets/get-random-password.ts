import { randomInt } from 'node:crypto'
import { defineAction } from '../aws/action.ts'
import { flag, integer, optional, params, text } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import { anywhere } from './find-secret.ts'

const kinds = {
  lowercase: 'abcdefghijklmnopqrstuvwxyz',
  uppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  numbers: '0123456789',
  punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
  space: ' ',
} as const

export type PasswordRules = {
  length: number
  excludeCharacters?: string
  exclude?: readonly (keyof typeof kinds)[]
  includeSpace?: boolean
  requireEachType?: boolean
}

/**
 * @throws {Refusal} entity.invalid when nothing is left to choose from, or not each kind fits in
 * @see AWS Secrets Manager API reference, GetRandomPassword
 */
export const getRandomPassword = defineAction({
  name: 'GetRandomPassword',
  auth: 'signed',
  input: params({
    PasswordLength: optional(integer({ min: 1, max: 4096 }), 32),
    ExcludeCharacters: optional(text({ max: 4096 }), ''),
    ExcludeNumbers: optional(flag(), false),
    ExcludePunctuation: optional(flag(), false),
    ExcludeUppercase: optional(flag(), false),
    ExcludeLowercase: optional(flag(), false),
    IncludeSpace: optional(flag(), false),
    RequireEachIncludedType: optional(flag(), true),
  }),
  permission: () => anywhere('GetRandomPassword'),
  handle: async asked => ({
    RandomPassword: randomPassword({
      length: asked.PasswordLength,
      excludeCharacters: asked.ExcludeCharacters,
      exclude: [
        ...(asked.ExcludeNumbers ? (['numbers'] as const) : []),
        ...(asked.ExcludePunctuation ? (['punctuation'] as const) : []),
        ...(asked.ExcludeUppercase ? (['uppercase'] as const) : []),
        ...(asked.ExcludeLowercase ? (['lowercase'] as const) : []),
      ],
      includeSpace: asked.IncludeSpace,
      requireEachType: asked.RequireEachIncludedType,
    }),
  }),
})

/**
 * Every password that fits the rules is as likely as every other: drawn until one does, rather than put together, since a
 * place that is kept for a digit makes passwords with few digits likelier than they are.
 *
 * @throws {Refusal} entity.invalid
 */
export function randomPassword(rules: PasswordRules): string {
  const { length, excludeCharacters = '', exclude = [], includeSpace = false, requireEachType = true } = rules
  const excluded = new Set(excludeCharacters)
  const alphabets = (Object.keys(kinds) as (keyof typeof kinds)[])
    .filter(kind => !exclude.includes(kind) && (kind !== 'space' || includeSpace))
    .map(kind => [...kinds[kind]].filter(letter => !excluded.has(letter)))
    .filter(alphabet => alphabet.length > 0)
  const letters = alphabets.flat()
  if (letters.length === 0) throw invalid('No characters are left to make a password from.')
  if (requireEachType && length < alphabets.length) {
    throw invalid('The password is too short to have a character of each included type.')
  }
  for (let n = 0; n < mostDraws; n++) {
    const password = Array.from({ length }, () => letters[randomInt(letters.length)] ?? '')
    if (!requireEachType || alphabets.every(alphabet => password.some(letter => alphabet.includes(letter)))) {
      return password.join('')
    }
  }
  return putTogether(alphabets, letters, length)
}

/** Where few passwords fit, drawing could go on for ever: one of each kind, the rest at random, and all of it mixed. */
function putTogether(alphabets: readonly string[][], letters: readonly string[], length: number): string {
  const one = (from: readonly string[]) => from[randomInt(from.length)] ?? ''
  const password = alphabets.map(one)
  while (password.length < length) password.push(one(letters))
  for (let n = password.length - 1; n > 0; n--) {
    const m = randomInt(n + 1)
    const [a = '', b = ''] = [password[n], password[m]]
    password[n] = b
    password[m] = a
  }
  return password.join('')
}

/** Of four characters of four kinds one password in thirty fits; of one more kind fewer. */
const mostDraws = 1_000

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}
