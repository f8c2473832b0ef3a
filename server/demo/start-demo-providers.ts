import { createPrivateKey, generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../base/clock.ts'
import type { DemoLog } from './demo-log.ts'
import { createFacebookStandIn, facebookAppId, graphVersion } from './facebook/facebook-stand-in.ts'
import { googleClientId } from './google/google-provider.ts'
import { createGoogleStandIn } from './google/google-stand-in.ts'
import { type LoopbackServer, listenOnLoopback } from './listen-on-loopback.ts'
import { type DemoPerson, demoPeople } from './people.ts'

export type DemoOptions = {
  /** Whether the service runs in production, where nobody may be vouched for by a stand-in. */
  production: boolean
  /** The ports of last time, so that issuers stay the same. When one is taken, a free one is used. */
  googlePort?: number | undefined
  facebookPort?: number | undefined
  /** Where each part may send people back to. A part without this is not started. */
  google?: { redirectUris: readonly string[] } | undefined
  facebook?: { redirectUris: readonly string[] } | undefined
  /** A private RSA key (PKCS #8 PEM or JWK) to keep the key set over restarts; else a new one is made. */
  signingKey?: string | JsonWebKey | undefined
  log: DemoLog
  /** For Facebook's codes and tokens. The OpenID provider goes by the machine's clock. */
  clock?: Clock
}

export type DemoGoogle = {
  issuer: string
  clientId: string
  clientSecret: string
  authorizationUrl: string
  tokenUrl: string
  userinfoUrl: string
  jwksUri: string
  port: number
}

export type DemoFacebook = {
  appId: string
  appSecret: string
  dialogUrl: string
  /** Without a version: `${graphUrl}/${graphVersion}/me`. */
  graphUrl: string
  graphVersion: string
  port: number
}

export type DemoProviders = {
  google?: DemoGoogle
  facebook?: DemoFacebook
  people: readonly DemoPerson[]
  close(): Promise<void>
}

/**
 * Starts the stand-ins for Google and Facebook on 127.0.0.1, so that a fresh clone can be tried without
 * registering an app anywhere. Each runs under an issuer and an app id of its own, with a secret that is
 * new at every start; whoever reaches them may be anybody they like, so they answer this machine alone.
 *
 * The configuration refuses the demo in production before anything of this room is loaded. The same is
 * held here once more, because one careless caller would be enough to let everybody in as anybody.
 *
 * @throws {Error} in production, when no port can be opened, or when the signing key is no RSA key
 */
export async function startDemoProviders(options: DemoOptions): Promise<DemoProviders> {
  if (options.production) throw new Error('the stand-in providers must never run in production')
  const started: LoopbackServer[] = []
  const close = async () => {
    await Promise.all(started.splice(0).map(server => server.close()))
  }
  const open = async (preferredPort: number | undefined) => {
    const server = await listenOnLoopback(preferredPort)
    started.push(server)
    return server
  }

  try {
    const google = options.google && (await startGoogle(options, options.google.redirectUris, open))
    const facebook = options.facebook && (await startFacebook(options, options.facebook.redirectUris, open))
    return { ...(google && { google }), ...(facebook && { facebook }), people: demoPeople, close }
  } catch (problem) {
    await close()
    throw problem
  }
}

type Open = (preferredPort: number | undefined) => Promise<LoopbackServer>

async function startGoogle(
  { googlePort, signingKey, log }: DemoOptions,
  redirectUris: readonly string[],
  open: Open,
): Promise<DemoGoogle> {
  const privateKey = toPrivateJwk(signingKey)
  const { server, port } = await open(googlePort)
  const issuer = `http://127.0.0.1:${port}`
  const clientSecret = newSecret()
  server.on(
    'request',
    createGoogleStandIn({ port, issuer, clientSecret, redirectUris, signingKey: privateKey, log }),
  )
  log.info({ issuer }, 'a stand-in for Google is running: nobody it vouches for is real')
  return {
    issuer,
    clientId: googleClientId,
    clientSecret,
    authorizationUrl: `${issuer}/auth`,
    tokenUrl: `${issuer}/token`,
    userinfoUrl: `${issuer}/userinfo`,
    jwksUri: `${issuer}/jwks`,
    port,
  }
}

async function startFacebook(
  { facebookPort, clock = systemClock, log }: DemoOptions,
  redirectUris: readonly string[],
  open: Open,
): Promise<DemoFacebook> {
  const { server, port } = await open(facebookPort)
  const graphUrl = `http://127.0.0.1:${port}`
  const appSecret = newSecret()
  server.on('request', createFacebookStandIn({ port, appSecret, redirectUris, clock, log }))
  log.info({ graphUrl }, 'a stand-in for Facebook is running: nobody it vouches for is real')
  const dialogUrl = `${graphUrl}/${graphVersion}/dialog/oauth`
  return { appId: facebookAppId, appSecret, dialogUrl, graphUrl, graphVersion, port }
}

function toPrivateJwk(signingKey: string | JsonWebKey | undefined): JsonWebKey {
  if (signingKey === undefined) {
    return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
  }
  const key =
    typeof signingKey === 'string'
      ? createPrivateKey(signingKey)
      : createPrivateKey({ key: signingKey, format: 'jwk' })
  if (key.asymmetricKeyType !== 'rsa') throw new Error('the signing key of the demo must be an RSA key')
  return key.export({ format: 'jwk' })
}

/** As many characters as Facebook's app secrets have. */
function newSecret(): string {
  return randomBytes(16).toString('hex')
}
