import { randomBytes, randomInt } from 'node:crypto'
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
  return choose(alphabets, letters.length, length)
}

/** Of short passwords few fit: of four letters of four kinds one in thirty, of five kinds one in a thousand. */
const mostDraws = 20

/**
 * Letter by letter, each kind as likely as there are passwords that go on with it: what drawing would come to, without
 * the draws.
 */
function choose(alphabets: readonly string[][], among: number, length: number): string {
  let [password, missing] = ['', alphabets]
  for (let left = length - 1; left >= 0; left--) {
    const ways = alphabets.map(alphabet => {
      const then = missing.filter(one => one !== alphabet)
      return BigInt(alphabet.length) * waysOf(then, among, left)
    })
    let at = randomBelow(ways.reduce((sum, one) => sum + one))
    const next = alphabets.find((_, n) => {
      at -= ways[n] ?? 0n
      return at < 0n
    })
    password += next?.[randomInt(next.length)] ?? ''
    missing = missing.filter(one => one !== next)
  }
  return password
}

/** How many words of this length have a letter of each missing kind: all, less those without one, and so on. */
function waysOf([first, ...others]: readonly string[][], among: number, length: number): bigint {
  if (first === undefined) return BigInt(among) ** BigInt(length)
  return waysOf(others, among, length) - waysOf(others, among - first.length, length)
}

function randomBelow(bound: bigint): bigint {
  const bits = bound.toString(2).length
  for (;;) {
    const drawn = BigInt.asUintN(bits, BigInt(`0x${randomBytes(Math.ceil(bits / 8)).toString('hex')}`))
    if (drawn < bound) return drawn
  }
}

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}
