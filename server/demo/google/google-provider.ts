import { randomBytes } from 'node:crypto'
import { type AccountClaims, type Configuration, interactionPolicy, type JWK, Provider } from 'oidc-provider'
import type { DemoLog } from '../demo-log.ts'
import { pagePolicy, problemPage } from '../pages.ts'
import { type DemoPerson, demoPeople } from '../people.ts'
import { createBoundedAdapter } from './bounded-adapter.ts'

/** Its shape says where it's from; the same at every start, since roles and providers name it. */
export const googleClientId = 'rolecall.demo.invalid'

export const sessionCookie = 'demo_google_session'

const scope = 'openid email profile'

export type GoogleProviderOptions = {
  issuer: string
  clientSecret: string
  redirectUris: readonly string[]
  /** A private RSA key. */
  signingKey: JWK
  log: DemoLog
}

/** A real OpenID provider that knows one client and the sample people. */
export function createGoogleProvider({ issuer, log, ...options }: GoogleProviderOptions): Provider {
  const provider = new Provider(issuer, configurationFor(options))
  // The library opens its public documents to every origin; here no page elsewhere may read anything.
  provider.use(async (ctx, next) => {
    await next()
    for (const name of Object.keys(ctx.response.headers)) {
      if (name.startsWith('access-control-')) ctx.remove(name)
    }
  })
  provider.on('server_error', (_ctx, problem) => {
    log.warn({ err: problem }, 'the stand-in for Google failed')
  })
  return provider
}

/**
 * An ID token for our client, as a sign-in would bring it but without a nonce: there is no browser that
 * it could be bound to.
 */
export async function mintSampleIdToken(provider: Provider, person: DemoPerson): Promise<string> {
  const client = await provider.Client.find(googleClientId)
  if (client === undefined) throw new Error('the stand-in for Google does not know its client')
  const token = new provider.IdToken({ sub: person.googleSub }, { client })
  for (const [name, value] of Object.entries(idTokenClaims(person))) token.set(name, value)
  return token.issue({ use: 'idtoken' })
}

function configurationFor({
  clientSecret,
  redirectUris,
  signingKey,
}: Omit<GoogleProviderOptions, 'issuer' | 'log'>): Configuration {
  return {
    adapter: createBoundedAdapter(),
    clients: [
      {
        client_id: googleClientId,
        client_secret: clientSecret,
        client_name: 'Rolecall',
        redirect_uris: [...redirectUris],
        response_types: ['code'],
        response_modes: ['query'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'client_secret_post',
        id_token_signed_response_alg: 'RS256',
      },
    ],
    clientAuthMethods: ['client_secret_post'],
    jwks: { keys: [{ ...signingKey, use: 'sig', alg: 'RS256' }] },
    responseTypes: ['code'],
    scopes: scope.split(' '),
    claims: {
      openid: ['sub', 'azp'],
      email: ['email', 'email_verified'],
      profile: ['name', 'given_name', 'family_name'],
    },
    // Google puts the claims of a scope into the ID token itself, and so must its stand-in.
    conformIdTokenClaims: false,
    routes: { userinfo: '/userinfo' },
    cookies: {
      // Browsers share cookies between all ports of a host: these must not be taken for the service's.
      names: {
        session: sessionCookie,
        interaction: 'demo_google_interaction',
        resume: 'demo_google_resume',
      },
      long: { httpOnly: true, sameSite: 'lax', signed: true, path: '/auth' },
      keys: [randomBytes(32).toString('base64url')],
    },
    ttl: {
      AccessToken: 3600,
      AuthorizationCode: 60,
      Grant: 3600,
      IdToken: 3600,
      Interaction: 600,
      Session: 3600,
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: { enabled: false },
      rpInitiatedLogout: { enabled: false },
    },
    pkce: { required: () => false },
    interactions: { policy: prompts(), url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, sub) => {
      const person = demoPeople.find(({ googleSub }) => googleSub === sub)
      if (person === undefined) return undefined
      return {
        accountId: sub,
        claims: use => (use === 'id_token' ? idTokenClaims(person) : claimsOf(person)),
      }
    },
    // Our own client needs nobody's consent: all it may ask for is granted at once.
    loadExistingGrant: async ({ oidc }) => {
      const { client, session } = oidc
      if (client === undefined || session?.accountId === undefined) return undefined
      const grant = new oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId })
      grant.addOIDCScope(scope)
      await grant.save()
      return grant
    },
    renderError: (ctx, out) => {
      ctx.type = 'html'
      ctx.set('Content-Security-Policy', pagePolicy())
      const sentence = `The provider refused it: ${out.error_description ?? out.error}.`
      ctx.body = problemPage('Google', 'That request cannot be answered', sentence)
    },
  }
}

/** `prompt=select_account` is Google's own, and clients send it to let people change places. */
function prompts() {
  const policy = interactionPolicy.base()
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0)
  return policy
}

function claimsOf(person: DemoPerson): AccountClaims {
  return {
    sub: person.googleSub,
    email: person.email,
    email_verified: person.emailVerified,
    name: person.name,
    given_name: person.givenName,
    family_name: person.familyName,
  }
}

/** Google's ID tokens always name the authorized party. */
function idTokenClaims(person: DemoPerson): AccountClaims {
  return { ...claimsOf(person), azp: googleClientId }
}
