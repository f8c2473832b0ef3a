import { accessTokenProviders, findAccessTokenKind } from '../base/access-token-providers.ts'
import { oidcProviderArn } from '../base/arn.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import type { Claims } from '../base/role-mapping.ts'
import type { IdentityPool } from '../store/identity-pools.ts'
import type { PoolLogin } from '../store/pool-logins.ts'
import type { VerifiedToken } from '../tokens/verify-id-token.ts'
import type { CognitoDeps } from './deps.ts'

/** Somebody whom a provider of the pool's vouched for just now. */
export type VerifiedLogin = PoolLogin & {
  /** Whom the proof was made for: the app at the provider. */
  audience: string
  claims: Claims
  /** Its claims are known in small letters alone: as SAML attributes are, of which condition keys are made. */
  inSmallLetters?: boolean | undefined
  /** By which names roles and tags may be mapped for it, the nearest first. */
  names: readonly string[]
  /** Between provider and subject in `amr`. */
  amrMiddle: string
}

/** How one of a pool's providers is asked. */
type Provider = Pick<VerifiedLogin, 'names' | 'inSmallLetters'> & {
  verify(token: string): Promise<VerifiedToken>
  amrMiddle?: string
}

/**
 * Each login of a `Logins` map, by the provider that it names and for the app that the pool names.
 *
 * @throws {Refusal} token.* | issuer.unreachable | request.throttled | entity.invalid for a developer's own provider,
 *   whose people only who signs may name
 */
export async function verifyLogins(
  logins: ReadonlyMap<string, string>,
  pool: IdentityPool,
  deps: CognitoDeps,
  sourceIp: string,
): Promise<VerifiedLogin[]> {
  const verified: VerifiedLogin[] = []
  for (const [provider, token] of logins) {
    const { verify, amrMiddle, ...names } = findProvider(provider, pool, deps, sourceIp)
    const { identity, claims } = await verify(token)
    const { subject, audience, demo } = identity
    verified.push({ provider, subject, demo, audience, claims, amrMiddle: amrMiddle ?? audience, ...names })
  }
  return verified
}

/** A developer's own user, who is whom the caller says. */
export function developerLogin(provider: string, subject: string, { id }: IdentityPool): VerifiedLogin {
  const claims = { sub: subject, aud: id }
  return { provider, subject, demo: false, audience: id, claims, names: [provider], amrMiddle: id }
}

function findProvider(name: string, pool: IdentityPool, deps: CognitoDeps, sourceIp: string): Provider {
  const { settings } = pool
  const { poolLogins, accountId } = deps
  if (name === settings.developerProvider) {
    throw new Refusal('entity.invalid', { said: { message: 'Please provide a valid public provider' } })
  }
  const app = Object.hasOwn(settings.loginProviders, name) ? settings.loginProviders[name] : undefined
  const kind = findAccessTokenKind(name)
  if (kind !== undefined && app !== undefined) {
    return {
      names: [name],
      verify: async token =>
        ofApp(await poolLogins.verifyAccessToken(kind, token, sourceIp), app, accessTokenProviders[kind]),
    }
  }
  if (name === 'accounts.google.com' && app !== undefined) {
    return { names: [name], verify: token => poolLogins.verifyGoogleToken(token, app) }
  }
  if (settings.samlProviderArns.includes(name)) {
    const verify = async (token: string) =>
      ofSaml(await poolLogins.verifySamlResponse(token, name, sourceIp, pool.id))
    return { names: [name], inSmallLetters: true, verify }
  }
  const clients = settings.userPools.filter(one => one.name === name).map(({ clientId }) => clientId)
  if (clients.length > 0) return userPool(name, clients, deps)
  const arn = oidcProviderArn(accountId, name)
  if (!settings.oidcProviderArns.includes(arn)) {
    throw new Refusal('token.issuerUnknown', { detail: `the pool takes no ${name.slice(0, 200)}` })
  }
  return {
    names: [name, arn],
    async verify(token) {
      const verified = await poolLogins.verifyIdToken(token)
      // Any issuer that is trusted here has signed it: it must be the one that the login names.
      if (!verified.identity.principals.includes(arn)) throw otherIssuer(verified.identity)
      return verified
    },
  }
}

/** Of Amazon Cognito's user pools, each of which is an issuer of its own. */
function userPool(
  name: string,
  clients: readonly string[],
  { poolLogins, accountId }: CognitoDeps,
): Provider {
  return {
    names: clients.flatMap(client => [`${name}:${client}`]).concat(name),
    amrMiddle: 'CognitoSignIn',
    async verify(token) {
      const verified = await poolLogins.verifyIdToken(token)
      const { identity } = verified
      if (!identity.principals.includes(oidcProviderArn(accountId, name))) throw otherIssuer(identity)
      if (!clients.includes(identity.audience)) throw otherAudience(identity)
      return verified
    },
  }
}

/** We know one app at Facebook, and one at Amazon; a pool may name another. */
function ofApp(
  identity: FederatedIdentity,
  appId: string,
  { subjectClaim }: { subjectClaim: string },
): VerifiedToken {
  if (identity.audience !== appId) throw otherAudience(identity)
  const { subject, displayName: name, email } = identity
  return {
    identity,
    claims: { [subjectClaim]: subject, sub: subject, app_id: appId, aud: appId, name, email },
  }
}

/** Attributes by their names in small letters, as condition keys have them; and the roles that the assertion names. */
function ofSaml(identity: FederatedIdentity): VerifiedToken {
  const attributes = Object.entries(identity.context).map(([key, values]) => [
    key.replace(/^saml:/, ''),
    values,
  ])
  return {
    identity,
    claims: { ...Object.fromEntries(attributes), 'cognito:roles': identity.onlyRoles ?? [] },
  }
}

function otherIssuer({ issuer, subject }: FederatedIdentity): Refusal {
  const message = "Invalid login token. Issuer doesn't match providerName"
  return new Refusal('token.rejected', { said: { message } }).concerning({ issuer, subject })
}

function otherAudience({ issuer, subject, audience }: FederatedIdentity): Refusal {
  const detail = `made for ${audience.slice(0, 200)}, which the pool does not name`
  return new Refusal('token.audienceWrong', { detail }).concerning({ issuer, subject })
}

/** How a claim that a rule or a tag names is called among those of this login. */
export function claimNameFor({ inSmallLetters }: VerifiedLogin, claim: string): string {
  return inSmallLetters === true ? claim.toLowerCase() : claim
}
