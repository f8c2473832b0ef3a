import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'selfsigned'

/** SubjectAltName's tags (RFC 5280, section 4.2.1.6). */
const dnsName = 2
const ipAddress = 7

/** Files for a TLS server on loopback. The certificate vouches for itself: it is its own authority. */
export function writeServerCertificate(folder: string, address: string) {
  const { private: key, cert } = generate([{ name: 'commonName', value: 'localhost' }], {
    days: 2,
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
          { type: dnsName, value: 'localhost' },
          ...[...new Set(['127.0.0.1', address])].map(ip => ({ type: ipAddress, ip })),
        ],
      },
    ],
  })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const files = { keyFile: join(folder, 'key.pem'), caFile: join(folder, 'certificate.pem') }
  writeFileSync(files.keyFile, key, { mode: 0o600 })
  writeFileSync(files.caFile, cert)
  return files
}
