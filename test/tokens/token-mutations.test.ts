import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Refusal } from '../../server/base/refusal.ts'
import { createIdTokenVerifier } from '../../server/tokens/verify-id-token.ts'
import { audience, type KeyPair, makeKey, signToken } from '../support/issuer.ts'

const nowSeconds = 1_900_000_000
const iss = 'https://issuer.example'
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Answers the key for any kid and algorithm: what is refused here is refused by the token itself. */
function verifierBy({ publicKey }: KeyPair) {
  const record = {
    issuer: iss,
    principals: [],
    provider: iss,
    conditionPrefix: 'issuer.example',
    audiences: new Set([audience]),
    demo: false,
  }
  const deps = { findIssuer: () => record, keySets: { findKey: () => publicKey } }
  return createIdTokenVerifier({ ...deps, clock: () => nowSeconds * 1000 })
}

function isRefusal(error: unknown): boolean {
  assert.ok(error instanceof Refusal, `not a refusal: ${String(error)}`)
  return error.reason.startsWith('token.')
}

/** As some other place of the text: anywhere in it. */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const character = fc.oneof(
  fc.constantFrom(...alphabet, '.', '=', '+', '/', ' ', '\n', '\0'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
)

for (const algorithm of ['RS256', 'ES256', 'ES512'] as const) {
  const key = makeKey(algorithm)
  const verifier = verifierBy(key)
  const claims = { iss, sub: 'person-1', aud: audience, iat: nowSeconds, exp: nowSeconds + 3600 }
  const token = signToken(claims, key)
  const at = (fraction: number, length = token.length) => Math.floor(fraction * length)
  const refused = (spoilt: string) => assert.rejects(verifier.verify(spoilt), isRefusal)

  test(`the ${algorithm} token that is spoilt below is a good one`, async () => {
    assert.equal((await verifier.verify(token)).subject, 'person-1')
  })

  test(`${algorithm}: another character anywhere, and the token is refused`, async () => {
    await fc.assert(
      fc.asyncProperty(place, character, async (fraction, other) => {
        const index = at(fraction)
        fc.pre(token[index] !== other)
        await refused(token.slice(0, index) + other + token.slice(index + 1))
      }),
    )
  })

  test(`${algorithm}: a character more or less, or two that change places, and the token is refused`, async () => {
    await fc.assert(
      fc.asyncProperty(place, character, async (fraction, other) => {
        const [more, less] = [at(fraction, token.length + 1), at(fraction)]
        await refused(token.slice(0, more) + other + token.slice(more))
        await refused(token.slice(0, less) + token.slice(less + 1))
        const pair = token.slice(less, less + 2)
        fc.pre(pair.length === 2 && pair[0] !== pair[1])
        await refused(`${token.slice(0, less)}${pair[1]}${pair[0]}${token.slice(less + 2)}`)
      }),
    )
  })

  test(`${algorithm}: every other spelling of the last character of a part is refused`, async () => {
    const parts = token.split('.')
    for (const [n, part] of parts.entries()) {
      for (const last of alphabet) {
        if (part.endsWith(last)) continue
        await refused(parts.with(n, part.slice(0, -1) + last).join('.'))
      }
    }
  })
}

test('whatever text is taken for a token is refused, and nothing worse', async () => {
  const verifier = verifierBy(makeKey('ES256'))
  const json = fc.oneof(
    fc.jsonValue(),
    fc.record(
      { alg: fc.constantFrom('RS256', 'ES256', 'none', 7), kid: fc.jsonValue(), crit: fc.jsonValue() },
      { requiredKeys: [] },
    ),
    fc.record({ iss: fc.jsonValue(), aud: fc.jsonValue(), exp: fc.jsonValue() }, { requiredKeys: [] }),
  )
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    json.map(value => Buffer.from(JSON.stringify(value)).toString('base64url')),
    fc.uint8Array().map(bytes => Buffer.from(bytes).toString('base64url')),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 5 }), async parts => {
      await assert.rejects(verifier.verify(parts.join('.')), isRefusal)
    }),
    { numRuns: 500 },
  )
})

test('well signed claims of any shape end in an identity or a refusal, and nothing worse', async () => {
  const key = makeKey('ES256')
  const verifier = verifierBy(key)
  const good = { iss, sub: 'person-1', aud: audience, iat: nowSeconds, exp: nowSeconds + 60 }
  const names = ['sub', 'aud', 'azp', 'iat', 'exp', 'nbf', 'name', 'email', 'email_verified', '__proto__']
  const name = fc.oneof(
    fc.constantFrom(...names, 'https://aws.amazon.com/tags', 'https://aws.amazon.com/source_identity'),
    fc.string(),
  )
  const claims = fc.array(fc.tuple(name, fc.jsonValue()), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(claims, async changed => {
      const token = signToken({ ...good, ...Object.fromEntries(changed) }, key)
      const outcome = await verifier.verify(token).catch(error => error)
      if (outcome instanceof Refusal) assert.match(outcome.reason, /^(token|tags)\./)
      else assert.deepEqual([outcome.issuer, outcome.audience], [iss, audience])
    }),
  )
})
