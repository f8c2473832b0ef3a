import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GetRandomPasswordCommand, type GetRandomPasswordCommandInput } from '@aws-sdk/client-secrets-manager'
import { randomPassword } from '../../server/secrets/get-random-password.ts'
import { faultOf } from '../support/aws-calls.ts'
import { startRolecall } from '../support/rolecall.ts'

const client = (await startRolecall()).secrets()
const ask = async (input: GetRandomPasswordCommandInput = {}) =>
  (await client.send(new GetRandomPasswordCommand(input))).RandomPassword ?? ''

const lower = 'abcdefghijklmnopqrstuvwxyz'
const upper = lower.toUpperCase()
const digits = '0123456789'
const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'
const all = lower + upper + digits + punctuation
const has = (password: string, letters: string) => [...password].some(letter => letters.includes(letter))

for (const [story, input, length, letters, each] of [
  ['nothing asked', {}, 32, all, [lower, upper, digits, punctuation]],
  ['the longest', { PasswordLength: 4096 }, 4096, all, [lower, upper, digits, punctuation]],
  ['the shortest with each type', { PasswordLength: 4 }, 4, all, [lower, upper, digits, punctuation]],
  ['one character, of any type', { PasswordLength: 1, RequireEachIncludedType: false }, 1, all, []],
  ['no digits', { ExcludeNumbers: true }, 32, lower + upper + punctuation, [lower, upper, punctuation]],
  ['no punctuation', { ExcludePunctuation: true }, 32, lower + upper + digits, [lower, upper, digits]],
  ['no capitals', { ExcludeUppercase: true }, 32, lower + digits + punctuation, [lower, digits, punctuation]],
  ['no small letters', { ExcludeLowercase: true }, 32, upper + digits + punctuation, [upper, digits]],
  ['spaces', { IncludeSpace: true }, 32, `${all} `, [lower, upper, digits, punctuation, ' ']],
  [
    'digits alone',
    { ExcludeLowercase: true, ExcludeUppercase: true, ExcludePunctuation: true },
    32,
    digits,
    [digits],
  ],
  [
    'characters left out',
    { ExcludeCharacters: '"@/\\\' 0OIl' },
    32,
    all.replace(/["@/\\'0OIl]/g, ''),
    [digits],
  ],
  [
    'a type left out by its characters',
    { ExcludeCharacters: digits },
    32,
    lower + upper + punctuation,
    [lower],
  ],
] as const) {
  test(`a password with ${story} has what it should and nothing else`, async () => {
    for (let n = 0; n < 5; n++) {
      const password = await ask(input)
      assert.equal([...password].length, length)
      assert.ok(
        [...password].every(letter => letters.includes(letter)),
        password,
      )
      for (const kind of each) assert.ok(has(password, kind), `${password} has none of ${kind}`)
    }
  })
}

for (const [story, input, code] of [
  ['of no length', { PasswordLength: 0 }, 'ValidationException'],
  ['that is too long', { PasswordLength: 4097 }, 'ValidationException'],
  ['too short for each type', { PasswordLength: 3 }, 'InvalidParameterException'],
  [
    'too short for each type and a space',
    { PasswordLength: 4, IncludeSpace: true },
    'InvalidParameterException',
  ],
  ['of nothing', { ExcludeCharacters: all }, 'InvalidParameterException'],
  ['with too many characters left out', { ExcludeCharacters: 'a'.repeat(4097) }, 'ValidationException'],
] as const) {
  test(`a password ${story} is refused with ${code}`, async () => {
    assert.equal((await faultOf(ask(input))).code, code)
  })
}

test('no two passwords are the same', () => {
  const passwords = Array.from({ length: 1_000 }, () => randomPassword({ length: 32 }))
  assert.equal(new Set(passwords).size, 1_000)
})

/**
 * Pearson's statistic of equally likely outcomes. Of k outcomes its mean is k - 1 and its variance 2 (k - 1): a bound ten
 * standard deviations above is passed by chance less than once in 10^12 runs, and by a bias of a few in a hundred always.
 */
function requireUniform(counts: ReadonlyMap<string, number>, outcomes: number): void {
  const draws = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const expected = draws / outcomes
  const seen = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  const chiSquare = seen + (outcomes - counts.size) * expected
  const bound = outcomes - 1 + 10 * Math.sqrt(2 * (outcomes - 1))
  assert.ok(chiSquare < bound, `${chiSquare} of ${outcomes} outcomes`)
}

function tally(draws: number, draw: () => Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (let n = 0; n < draws; n++) for (const one of draw()) counts.set(one, (counts.get(one) ?? 0) + 1)
  return counts
}

test('every character is as likely as every other', () => {
  const rules = { length: 4096, requireEachType: false, includeSpace: true }
  requireUniform(
    tally(100, () => randomPassword(rules)),
    95,
  )
})

test('every password that has each type is as likely as every other, also where hardly any fits', () => {
  // Five types with one character each but for the digits, which have two.
  const kept = 'aZ01! '
  const excludeCharacters = [...all].filter(letter => !kept.includes(letter)).join('')
  const rules = { length: 6, excludeCharacters, includeSpace: true }
  const fitting = (words: string[]): string[] =>
    words[0]?.length === rules.length
      ? words.filter(word => ['a', 'Z', '01', '!', ' '].every(kind => has(word, kind)))
      : fitting(words.flatMap(word => [...kept].map(letter => word + letter)))
  const outcomes = fitting([''])
  const counts = tally(outcomes.length * 10, () => [randomPassword(rules)])
  assert.ok([...counts.keys()].every(word => outcomes.includes(word)))
  requireUniform(counts, outcomes.length)
})

test('and where drawing never ends: one digit, one stop, and nearly all the rest', () => {
  const left = [...digits.slice(1), ...punctuation.replace('.', '')]
  const excludeCharacters = [...left, ...upper.slice(1)].join('')
  // Where the one capital stands, and that it stands once, is what a way of putting together would get wrong.
  const shapes = tally(10_000, () => {
    const password = randomPassword({ length: 4, excludeCharacters })
    return [password.replace(/[a-z]/, 'x')]
  })
  assert.ok([...shapes.keys()].every(shape => [...shape].sort().join('') === '.0Ax'))
  requireUniform(shapes, 24)
})
