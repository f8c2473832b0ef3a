import { generateKeyPairSync, type KeyObject, randomUUID, sign as signBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const
type Algorithm = 'RS256' | 'RS384' | 'RS512' | keyof typeof curves
type Json = Record<string, unknown>

export type KeyPair = { kid: string; algorithm: Algorithm; publicKey: KeyObject; privateKey: KeyObject }

export type TestIssuer = {
  url: string
  jwksUri: string
  /** The key that signs now. */
  readonly key: KeyPair
  /** What discovery and the key set answer; change them to have it lie. */
  metadata: Json
  jwks: { keys: object[] }
  cacheControl: string | undefined
  /** On every answer besides, in the place of what Node would send: `date`. */
  headers: Record<string, string>
  /** Requests so far. */
  hits: { discovery: number; jwks: number }
  /** `down` breaks connections off, `silent` never answers, `junk` answers what is no JSON, `failing` status 500. */
  mood: 'well' | 'down' | 'silent' | 'junk' | 'failing'
  /** A good ID token for `rolecall`, but for what is given. An undefined member is left out. */
  sign(claims?: Json, header?: Json): string
  /** The claims that `sign` begins with. */
  claims(): Json
  /** A new key in the place of the old one, which is no longer published. */
  rotate(): void
  close(): Promise<void>
}

export const audience = 'rolecall'

/** A real OpenID issuer on loopback: discovery, key set, and tokens that may be as wrong as a test needs. */
export async function startIssuer({
  algorithm = 'RS256',
  clock = Date.now,
}: {
  algorithm?: Algorithm
  clock?: () => number
} = {}): Promise<TestIssuer> {
  const server = createServer((request, response) => answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const jwksUri = `${url}/jwks`
  let key = makeKey(algorithm)

  const issuer: TestIssuer = {
    url,
    jwksUri,
    get key() {
      return key
    },
    metadata: { issuer: url, jwks_uri: jwksUri },
    jwks: { keys: [publicJwk(key)] },
    cacheControl: undefined,
    headers: {},
    hits: { discovery: 0, jwks: 0 },
    mood: 'well',
    claims() {
      const iat = Math.floor(clock() / 1000)
      return { iss: url, sub: 'person-1', aud: audience, iat, exp: iat + 3600 }
    },
    sign: (claims = {}, header = {}) => signToken({ ...issuer.claims(), ...claims }, key, header),
    rotate() {
      key = makeKey(algorithm)
      issuer.jwks = { keys: [publicJwk(key)] }
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  const answer: RequestListener = (request, response) => {
    const document = request.url === '/jwks' ? 'jwks' : 'discovery'
    issuer.hits[document]++
    answerIn(issuer, document === 'jwks' ? issuer.jwks : issuer.metadata, response)
  }
  return issuer
}

function answerIn(
  { mood, cacheControl, headers }: TestIssuer,
  document: object,
  response: ServerResponse,
): void {
  if (mood === 'silent') return
  if (mood === 'down') return void response.socket?.destroy()
  if (mood === 'failing') response.statusCode = 500
  if (cacheControl !== undefined) response.setHeader('cache-control', cacheControl)
  response.setHeader('content-type', 'application/json')
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.end(mood === 'junk' ? '<html>' : JSON.stringify(document))
}

export function makeKey(algorithm: Algorithm, kid: string = randomUUID(), bits = 2048): KeyPair {
  const pair = algorithm.startsWith('RS')
    ? generateKeyPairSync('rsa', { modulusLength: bits })
    : generateKeyPairSync('ec', { namedCurve: curves[algorithm as keyof typeof curves] })
  return { kid, algorithm, ...pair }
}

export function publicJwk({ kid, algorithm, publicKey }: KeyPair): Json {
  return { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' }
}

/** Members of `header` win, so that a token can say one thing and be signed by another. */
export function signToken(claims: Json, key: KeyPair, header: Json = {}): string {
  return signParts(JSON.stringify({ alg: key.algorithm, typ: 'JWT', kid: key.kid, ...header }), claims, key)
}

/** Signs whatever the two parts are: JSON text with a member twice, bytes that are no text. */
export function signParts(header: string | Buffer, payload: string | Buffer | Json, key: KeyPair): string {
  const bytes = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload)
  const signed = `${Buffer.from(header).toString('base64url')}.${Buffer.from(bytes).toString('base64url')}`
  return `${signed}.${signatureOf(signed, key).toString('base64url')}`
}

/** Written with node:crypto alone, so that our verifier is not tested against its own library. */
function signatureOf(signed: string, { algorithm, privateKey }: KeyPair): Buffer {
  return signBytes(`sha${algorithm.slice(2)}`, Buffer.from(signed), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  })
}
