import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { createSigningSecret } from '../../server/credentials/signing-secret.ts'

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

test('the signing key is that of AWS’s own example', () => {
  const secret = createSigningSecret('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY')
  const scope = { day: '20150830', region: 'us-east-1', service: 'iam' }
  const key = Buffer.from('c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9', 'hex')
  assert.ok(secret.hasSigned(scope, 'text', hmac(key, 'text')))
  assert.ok(!secret.hasSigned(scope, 'text', hmac(key, 'another')))
})

test('whichever scope was signed for last, a signature counts for its own scope and secret alone', () => {
  const scopes = ['20260102', '20260103'].flatMap(day =>
    ['us-east-1', 'eu-west-1'].flatMap(region => ['sts', 'iam'].map(service => ({ day, region, service }))),
  )
  const sign = (secret: string, { day, region, service }: (typeof scopes)[number]) =>
    hmac(hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), service), 'aws4_request'), 'text')
  const tries = fc.record({
    asked: fc.constantFrom(...scopes),
    signed: fc.constantFrom(...scopes),
    by: fc.constantFrom('mine', 'theirs'),
  })
  fc.assert(
    fc.property(fc.array(tries, { maxLength: 20 }), all => {
      const secret = createSigningSecret('mine')
      for (const { asked, signed, by } of all)
        assert.equal(secret.hasSigned(asked, 'text', sign(by, signed)), asked === signed && by === 'mine')
    }),
  )
})
