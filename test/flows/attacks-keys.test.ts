import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import supertest from 'supertest'
import { makeKey, signToken } from '../support/issuer.ts'
import { watch } from '../support/no-leak.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { assumeForm } from '../support/rolecall-process.ts'

const rolecall = await startRolecall()
const issuer = await rolecall.registerIssuer()
const role = await rolecall.createRole('reader', trusting(rolecall.accountId, issuer))
const aws = supertest(`http://127.0.0.1:${rolecall.port}`)

const coolDownMs = 10_000
const junk = makeKey('ES256')

async function codeFor(token: string): Promise<string | undefined> {
  const answer = await aws.post('/').type('form').send(assumeForm(role, token))
  return answer.status === 200 ? 'given' : /<Code>(\w+)</.exec(answer.text)?.[1]
}

/** A stranger's flood: each token under a kid of its own, all at once. */
const flood = (count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, n) =>
      codeFor(signToken(issuer.claims(), { ...junk, kid: `junk-${n}` }, { alg: 'RS256' })),
    ),
  )

beforeEach(async () => {
  issuer.mood = 'well'
  rolecall.advanceMs(coolDownMs)
  assert.equal(await codeFor(issuer.sign()), 'given')
  rolecall.advanceMs(coolDownMs)
})

test('made-up kids are refused, and cost the issuer one request in ten seconds', async () => {
  const watched = watch(rolecall)
  const before = issuer.hits.jwks
  assert.deepEqual(new Set(await flood(200)), new Set(['InvalidIdentityToken']))
  assert.ok(issuer.hits.jwks - before <= 1, `${issuer.hits.jwks - before} requests`)
  watched.requireNothingGiven('')
})

test('made-up kids don’t make a new key of the issuer’s fail for longer than ten seconds', async () => {
  await flood(20)
  issuer.rotate()
  rolecall.advanceMs(coolDownMs - 1000)
  await flood(20)
  rolecall.advanceMs(1000)
  // The flood does not stop for us: the good token comes in the middle of it.
  const [, code] = await Promise.all([flood(20), codeFor(issuer.sign())])
  assert.equal(code, 'given')
})

test('a key that the issuer withdrew is refused after the next look at its set', async () => {
  const withdrawn = issuer.key
  issuer.rotate()
  assert.equal(await codeFor(issuer.sign()), 'given')
  assert.equal(await codeFor(signToken(issuer.claims(), withdrawn)), 'InvalidIdentityToken')
})

for (const [mood, story] of [
  ['down', 'does not answer'],
  ['junk', 'answers junk'],
  ['failing', 'fails'],
] as const) {
  test(`while the issuer ${story}, known keys serve and made-up ones are refused as a matter of its own`, async () => {
    issuer.mood = mood
    assert.deepEqual(new Set(await flood(10)), new Set(['IDPCommunicationError']))
    assert.equal(await codeFor(issuer.sign()), 'given')
  })
}

test('an issuer that publishes two keys of one kid proves nothing with it', async () => {
  const watched = watch(rolecall)
  const twin = makeKey('RS256', 'twin')
  issuer.jwks.keys.push(
    ...[twin, junk].map(({ publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), kid: 'twin' })),
  )
  assert.equal(await codeFor(signToken(issuer.claims(), twin)), 'InvalidIdentityToken')
  watched.requireNothingGiven('')
})
