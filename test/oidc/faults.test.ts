import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Reason, Refusal } from '../../server/base/refusal.ts'
import { oauthErrorOf, oauthFaults, serverError } from '../../server/oidc/faults.ts'

const reasons = Object.keys(oauthFaults) as Reason[]

/** IANA's register of OAuth errors: RFC 6749, RFC 8628 section 3.5, RFC 8707 section 5.2. */
const registered = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'invalid_scope',
  'invalid_target',
  'unauthorized_client',
  'unsupported_grant_type',
  'access_denied',
  'server_error',
  'temporarily_unavailable',
  'slow_down',
])
/** RFC 6749, section 5.2, and its Appendix A.8. */
const describable = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/

for (const reason of reasons) {
  test(`${reason} has a registered code, a status of its kind, and words that may be sent`, () => {
    const refusal = new Refusal(reason, { detail: 'for the log alone' })
    const { error, status, description } = oauthErrorOf(refusal)
    assert.ok(registered.has(error), error)
    assert.ok(status >= 400 && status < 600)
    assert.equal(status >= 500, error === 'temporarily_unavailable')
    assert.equal(status === 401, error === 'invalid_client')
    assert.match(description, describable)
    assert.doesNotMatch(description, /for the log alone/)
  })
}

test('whatever is said of a refusal, its description holds no character that RFC 6749 forbids', () => {
  const anything = fc.string({ unit: 'binary', minLength: 1, maxLength: 100 })
  fc.assert(
    fc.property(fc.constantFrom(...reasons), anything, anything, (reason, message, claim) => {
      const { description } = oauthErrorOf(new Refusal(reason, { said: { message, claim } }))
      assert.match(description, describable)
    }),
    { numRuns: 2_000 },
  )
})

test('a bug is told without any word of the bug', () => {
  assert.ok(registered.has(serverError.error))
  assert.match(serverError.description, describable)
})

test('only what a request says of itself may be called otherwise than its reason is', () => {
  const said = { error: 'invalid_scope', scheme: 'Basic', message: 'x' }
  for (const reason of reasons) {
    const { error, scheme } = oauthErrorOf(new Refusal(reason, { said }))
    if (reason === 'request.invalid') assert.deepEqual([error, scheme], ['invalid_scope', 'Basic'])
    else assert.deepEqual([error, scheme], [oauthFaults[reason][0], undefined])
  }
})
