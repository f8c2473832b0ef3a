import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Refusal } from '../../server/base/refusal.ts'
import { identityFromClaims } from '../../server/tokens/identity-from-claims.ts'
import type { IssuerRecord } from '../../server/tokens/verify-id-token.ts'

const gitlab: IssuerRecord = {
  issuer: 'https://GitLab.example/Group',
  principals: ['arn:aws:iam::123456789012:oidc-provider/GitLab.example/Group'],
  provider: 'arn:aws:iam::123456789012:oidc-provider/GitLab.example/Group',
  conditionPrefix: 'GitLab.example/Group',
  audiences: new Set(['client']),
  demo: true,
}
const google: IssuerRecord = {
  ...gitlab,
  issuer: 'https://accounts.google.com',
  principals: ['accounts.google.com'],
  provider: 'accounts.google.com',
  conditionPrefix: 'accounts.google.com',
}

function identify(payload: Record<string, unknown>, issuer = gitlab) {
  const { aud = 'client', azp = aud, sub = 'person-1' } = payload as Record<string, string>
  return identityFromClaims({ sub, aud: azp, audiences: [aud], payload }, issuer)
}

function contextOf(payload: Record<string, unknown>) {
  return identify(payload).context
}

test('a claim is a condition key below the issuer’s host and path, in small letters', () => {
  assert.deepEqual(contextOf({ namespace_Path: 'A/b', ref_protected: true, run: 7, half: 0.5 }), {
    'gitlab.example/group:namespace_path': ['A/b'],
    'gitlab.example/group:ref_protected': ['true'],
    'gitlab.example/group:run': ['7'],
    'gitlab.example/group:half': ['0.5'],
    'gitlab.example/group:aud': ['client'],
    'gitlab.example/group:sub': ['person-1'],
  })
})

test('a list is a key of several values, whole', () => {
  const groups = Array.from({ length: 500 }, (_, n) => `group-${n}`)
  assert.deepEqual(contextOf({ groups, mixed: ['a', 1, false] })['gitlab.example/group:groups'], groups)
  assert.deepEqual(contextOf({ mixed: ['a', 1, false] })['gitlab.example/group:mixed'], ['a', '1', 'false'])
})

for (const [story, value] of [
  ['an object', { a: 1 }],
  ['null', null],
  ['an empty list', []],
  ['a list with an object in it', ['a', {}]],
  ['a list in a list', [['a']]],
  ['a number in which digits are lost', 2 ** 53],
] as const) {
  test(`a claim that is ${story} is no condition key`, () => {
    assert.equal('gitlab.example/group:x' in contextOf({ x: value }), false)
  })
}

test('claims that differ in case alone would be one key with two meanings', () => {
  assert.throws(
    () => contextOf({ role: 'reader', Role: 'admin' }),
    (error: unknown) => error instanceof Refusal && error.reason === 'token.malformed',
  )
})

test('no claim takes the place of the verified subject and audience', () => {
  const context = contextOf({ aud: 'service', azp: 'client', sub: 'person-1' })
  assert.deepEqual(context['gitlab.example/group:aud'], ['client'])
  for (const claim of ['Aud', 'SUB']) {
    const [value] = contextOf({ [claim]: 'victim' })[`gitlab.example/group:${claim.toLowerCase()}`] ?? []
    assert.notEqual(value, 'victim')
  }
})

test('whatever the claims, every key stays below its issuer’s prefix, in small letters', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), payload => {
      const lower = Object.keys(payload).map(name => name.toLowerCase())
      fc.pre(new Set(lower).size === lower.length && !lower.includes('aud') && !lower.includes('sub'))
      for (const key of Object.keys(contextOf({ ...payload, aud: 'client', sub: 'person-1' }))) {
        assert.ok(key.startsWith('gitlab.example/group:'))
        assert.equal(key, key.toLowerCase())
      }
    }),
  )
})

test('Google’s condition keys are those of AWS, and no others', () => {
  const payload = {
    aud: 'service',
    azp: 'client',
    sub: '1234',
    email: 'ada@example.com',
    email_verified: true,
    amr: ['pwd', 'mfa'],
    hd: 'example.com',
    name: 'Ada',
  }
  assert.deepEqual(identify(payload, google).context, {
    'accounts.google.com:aud': ['client'],
    'accounts.google.com:oaud': ['service'],
    'accounts.google.com:sub': ['1234'],
    'accounts.google.com:email': ['ada@example.com'],
    'accounts.google.com:amr': ['pwd', 'mfa'],
  })
})

for (const email_verified of [false, undefined, 'false', 1, null]) {
  test(`an address with email_verified ${email_verified} is not Google’s word`, () => {
    const identity = identify({ email: 'ada@example.com', email_verified }, google)
    assert.equal('accounts.google.com:email' in identity.context, false)
    assert.equal(identity.email, undefined)
  })
}

test('an identity carries the issuer’s own record, and its mark', () => {
  const { issuer, provider, principals, subject, audience, demo, kind } = identify({ sub: 'p', azp: 'c' })
  assert.deepEqual([issuer, provider, principals], [gitlab.issuer, gitlab.provider, gitlab.principals])
  assert.deepEqual([subject, audience, demo, kind], ['p', 'c', true, 'oidc'])
})

test('an identity is plain JSON', () => {
  const identity = identify({ name: 'Ada', 'https://aws.amazon.com/tags': { principal_tags: { a: ['b'] } } })
  assert.deepEqual(JSON.parse(JSON.stringify(identity)), identity)
})
