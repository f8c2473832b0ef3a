import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { selfSignedCertificate } from '../../server/saml/self-signed-certificate.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const fromMs = Date.parse('2030-01-02T03:04:05Z')
const about = {
  name: 'Rolecall',
  serial: Buffer.from('7f00ff', 'hex'),
  fromMs,
  untilMs: Date.parse('2040-01-02T03:04:05Z'),
}
const read = (more: Partial<typeof about> = {}) =>
  new X509Certificate(selfSignedCertificate(privateKey, { ...about, ...more }))

test('it is read back by OpenSSL as what it was made of, and vouches for its own key', () => {
  const certificate = read()
  assert.ok(certificate.verify(publicKey))
  assert.ok(certificate.checkPrivateKey(privateKey))
  assert.equal(certificate.ca, false)
  assert.deepEqual(
    [certificate.subject, certificate.issuer, certificate.serialNumber],
    ['CN=Rolecall', 'CN=Rolecall', '7F00FF'],
  )
  assert.deepEqual(
    [certificate.validFromDate, certificate.validToDate],
    [fromMs, about.untilMs].map(ms => new Date(ms)),
  )
})

test('it is the same for a key of any size, a time after 2049, and a serial that begins with zeros or a high bit', () => {
  const untilMs = Date.parse('2050-01-01T00:00:00Z')
  assert.deepEqual(read({ untilMs }).validToDate, new Date(untilMs))
  assert.equal(read({ serial: Buffer.from('000080', 'hex') }).serialNumber, '80')
  const big = generateKeyPairSync('rsa', { modulusLength: 4096 })
  assert.ok(new X509Certificate(selfSignedCertificate(big.privateKey, about)).verify(big.publicKey))
})

test('a byte of it that was changed is noticed', () => {
  const der = selfSignedCertificate(privateKey, about)
  const at = der.indexOf('Rolecall')
  der[at] = 'B'.charCodeAt(0)
  assert.ok(!new X509Certificate(der).verify(publicKey))
})
