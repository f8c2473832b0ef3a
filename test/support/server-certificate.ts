import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'selfsigned'

/** SubjectAltName's tags (RFC 5280, section 4.2.1.6). */
const dnsName = 2
const ipAddress = 7

/** A certificate that vouches for itself, as its own authority, good from an hour ago on. */
export function makeCertificate({
  names = ['localhost'],
  addresses = ['127.0.0.1'],
  days = 2,
}: {
  names?: readonly string[]
  addresses?: readonly string[]
  days?: number
} = {}) {
  const { private: key, cert } = generate([{ name: 'commonName', value: names[0] ?? 'nobody' }], {
    days,
    // A clock that is a little behind must not matter.
    notBeforeDate: new Date(Date.now() - 3_600_000),
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, keyEncipherment: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map(value => ({ type: dnsName, value })),
          ...addresses.map(ip => ({ type: ipAddress, ip })),
        ],
      },
    ],
  })
  return { key, cert }
}

/** Files for a TLS server on loopback. */
export function writeServerCertificate(folder: string, address: string) {
  const { key, cert } = makeCertificate({ addresses: [...new Set(['127.0.0.1', address])] })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const files = { keyFile: join(folder, 'key.pem'), caFile: join(folder, 'certificate.pem') }
  writeFileSync(files.keyFile, key, { mode: 0o600 })
  writeFileSync(files.caFile, cert)
  return files
}
