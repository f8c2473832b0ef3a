import { createPublicKey, type KeyObject, sign } from 'node:crypto'

/** `keyUsage` (digitalSignature, critical) and `basicConstraints` (no CA), as DER. */
const extensions = ['300e0603551d0f0101ff040403020780', '300c0603551d130101ff04023000']
const sha256WithRsa = sequence(Buffer.from('06092a864886f70d01010b', 'hex'), Buffer.from('0500', 'hex'))
const commonName = Buffer.from('0603550403', 'hex')

/**
 * A certificate in which an RSA key vouches for itself, as DER: metadata carry keys in certificates, and whoever reads
 * them counts the key alone.
 *
 * @param serial positive, at most 20 bytes
 * @see RFC 5280, section 4.1; SAML V2.0 Metadata Interoperability Profile, section 2.6.1
 */
export function selfSignedCertificate(
  privateKey: KeyObject,
  about: { name: string; serial: Buffer; fromMs: number; untilMs: number },
): Buffer {
  const name = sequence(element(0x31, sequence(commonName, element(0x0c, Buffer.from(about.name)))))
  const toBeSigned = sequence(
    element(0xa0, element(0x02, Buffer.from([2]))),
    element(0x02, positive(about.serial)),
    sha256WithRsa,
    name,
    sequence(time(about.fromMs), time(about.untilMs)),
    name,
    createPublicKey(privateKey).export({ format: 'der', type: 'spki' }),
    element(0xa3, sequence(...extensions.map(one => Buffer.from(one, 'hex')))),
  )
  const signature = sign('sha256', toBeSigned, privateKey)
  return sequence(toBeSigned, sha256WithRsa, element(0x03, Buffer.of(0), signature))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, ...parts)
}

/** @see X.690, section 8.1 */
function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...head), content])
}

/** Without leading zeros but the one that keeps it from being negative. */
function positive(bytes: Buffer): Buffer {
  const start = bytes.findIndex(byte => byte !== 0)
  const short = start < 0 ? Buffer.of(0) : bytes.subarray(start)
  return (short[0] ?? 0) < 0x80 ? short : Buffer.concat([Buffer.of(0), short])
}

/** Two digits of the year up to 2049, four from then on. @see RFC 5280, section 4.1.2.5 */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\.\d+|\D/g, '')
  return digits < '2050'
    ? element(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : element(0x18, Buffer.from(`${digits}Z`))
}
