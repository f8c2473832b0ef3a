import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusedEvent } from '../../server/audit/refused-event.ts'
import { Refusal } from '../../server/base/refusal.ts'

const facts = { requestId: 'request-1', sourceIp: '192.0.2.1', userAgent: 'curl', secure: true, atMs: 5 }
const caller = { arn: 'arn:aws:iam::123456789012:user/ada', accessKeyId: 'AKIA1' }

test('a refusal is written down with who, what and why', () => {
  const refusal = new Refusal('access.denied', {
    detail: 'statement 2',
    said: { why: 'because', action: 'a:B' },
  })
  const event = refusedEvent('GetUser', refusal.concerning({ resource: 'it' }), facts, caller)
  assert.deepEqual(event, {
    atMs: 5,
    event: 'GetUser',
    decision: 'denied',
    reason: 'access.denied',
    requestId: 'request-1',
    sourceIp: '192.0.2.1',
    userAgent: 'curl',
    callerArn: caller.arn,
    callerAccessKeyId: caller.accessKeyId,
    resource: 'it',
    detail: { detail: 'statement 2', why: 'because', action: 'a:B' },
  })
})

test('what quotes the caller is left out: it may be a password under the wrong name', () => {
  const said = { message: "Value 'hunter2' at 'roleArn' failed to satisfy constraint", encoded: 'sealed' }
  assert.equal(refusedEvent('GetUser', new Refusal('request.invalid', { said }), facts).detail, undefined)
})

test('no refusal makes a row long', () => {
  const event = refusedEvent('GetUser', new Refusal('token.malformed', { detail: 'x'.repeat(20_000) }), facts)
  assert.ok(JSON.stringify(event.detail).length < 1_100)
})
