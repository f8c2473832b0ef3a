import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

type Options = { challenge: string; rpId?: string; rp?: { id: string } }
type Twist = { origin?: string; rpId?: string; isUserVerified?: boolean; counter?: number; type?: string }

export type SoftAuthenticator = {
  id: string
  /** What a browser would post after `navigator.credentials.create`. */
  create(options: object, twist?: Twist): string
  /** And after `navigator.credentials.get`. */
  get(options: object, twist?: Twist): string
}

/** An authenticator without attestation, which counts nothing unless told to. @see Web Authentication Level 3, section 6.1 */
export function createSoftAuthenticator(origin: string): SoftAuthenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(16)

  function clientData(type: string, options: object, twist: Twist): Buffer {
    const { challenge } = options as Options
    return Buffer.from(
      JSON.stringify({
        type: twist.type ?? type,
        challenge,
        origin: twist.origin ?? origin,
        crossOrigin: false,
      }),
    )
  }

  function authData(options: object, twist: Twist, attested: boolean): Buffer {
    const { rpId, rp } = options as Options
    const hash = createHash('sha256')
      .update(twist.rpId ?? rpId ?? rp?.id ?? '')
      .digest()
    const flags = 0x01 | (twist.isUserVerified === false ? 0 : 0x04) | 0x08 | 0x10 | (attested ? 0x40 : 0)
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(twist.counter ?? 0)
    const head = Buffer.concat([hash, Buffer.from([flags]), counter])
    if (!attested) return head
    return Buffer.concat([head, Buffer.alloc(16), Buffer.from([0, id.length]), id, coseKey(publicKey)])
  }

  const answer = (response: object) =>
    JSON.stringify({
      id: id.toString('base64url'),
      rawId: id.toString('base64url'),
      type: 'public-key',
      clientExtensionResults: {},
      response,
    })

  return {
    id: id.toString('base64url'),
    create(options, twist = {}) {
      const data = authData(options, twist, true)
      const attestation = Buffer.concat([
        Buffer.from([0xa3]),
        text('fmt'),
        text('none'),
        text('attStmt'),
        Buffer.from([0xa0]),
        text('authData'),
        bytes(data),
      ])
      return answer({
        clientDataJSON: clientData('webauthn.create', options, twist).toString('base64url'),
        attestationObject: attestation.toString('base64url'),
        transports: ['internal'],
      })
    },
    get(options, twist = {}) {
      const client = clientData('webauthn.get', options, twist)
      const data = authData(options, twist, false)
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()])
      return answer({
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: sign('sha256', signed, privateKey).toString('base64url'),
      })
    },
  }
}

/** RFC 9053, section 7.1.1: EC2, ES256, P-256. */
function coseKey(publicKey: KeyObject): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  return Buffer.concat([
    Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
    bytes(Buffer.from(x, 'base64url')),
    Buffer.from([0x22]),
    bytes(Buffer.from(y, 'base64url')),
  ])
}

/** RFC 8949, section 3. */
function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)])
}

function bytes(value: Buffer): Buffer {
  const { length } = value
  return Buffer.concat([
    Buffer.from(length < 256 ? [0x58, length] : [0x59, length >> 8, length & 0xff]),
    value,
  ])
}
