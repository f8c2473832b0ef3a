import { createHash } from 'node:crypto'
import type { AccessTokenKind } from '../base/access-token-providers.ts'
import type { Clock } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import type { SamlVerifier, SamlVerifierDeps } from '../saml/verify-response.ts'
import type { IdentityPools } from '../store/identity-pools.ts'
import type { PoolIdentities } from '../store/pool-identities.ts'
import type { Revocations } from '../store/revocations.ts'
import type { UsedProofs } from '../store/used-proofs.ts'
import type { KeySetCache } from '../tokens/key-set-cache.ts'
import {
  createIdTokenVerifier,
  type IdTokenVerifier,
  type IssuerRecord,
  type VerifiedToken,
} from '../tokens/verify-id-token.ts'

/** By what name policies know the issuer of identity pools' own tokens, and its condition keys. */
export const poolPrincipal = 'cognito-identity.amazonaws.com'

/** The proofs that an identity pool may be shown: each with all that it says beside who it is. */
export type PoolLoginVerifier = {
  /** An ID token of any issuer that is trusted here. @throws {Refusal} token.* | issuer.unreachable | tags.invalid */
  verifyIdToken(token: string): Promise<VerifiedToken>
  /** Google's, for the client that the pool names. @throws as above */
  verifyGoogleToken(token: string, clientId: string): Promise<VerifiedToken>
  /** One of a pool's own. @throws {Refusal} token.* */
  verifyPoolToken(token: string): Promise<VerifiedToken>
  /** @throws {Refusal} token.* | issuer.unreachable | request.throttled */
  verifyAccessToken(kind: AccessTokenKind, token: string, sourceIp: string): Promise<FederatedIdentity>
  /** @throws {Refusal} token.* | tags.invalid | request.throttled */
  verifySamlResponse(
    response: string,
    providerArn: string,
    sourceIp: string,
    poolId: string,
  ): Promise<FederatedIdentity>
}

export function poolIssuer(publicUrl: string): string {
  return `${publicUrl}/identity-pools`
}

export function poolIssuerRecord(publicUrl: string, findKey: IssuerRecord['findKey']): IssuerRecord {
  return {
    issuer: poolIssuer(publicUrl),
    principals: [poolPrincipal],
    provider: poolPrincipal,
    conditionPrefix: poolPrincipal,
    // We sign for pools of ours alone. Whether that pool is there still is asked where the token is shown.
    audiences: { has: () => true },
    ...(findKey === undefined ? {} : { findKey }),
    demo: false,
  }
}

/**
 * A pool's token on its way to a role by itself: only where the pool lets people choose the role themselves. With
 * another pool's, whoever was given one role by rules would take each that trusts the pool.
 *
 * @throws {Refusal} token.audienceWrong
 * @see Amazon Cognito Developer Guide, "Identity pools authentication flow", basic flow
 */
export async function requireClassicFlow(
  identityPools: Pick<IdentityPools, 'find'>,
  { identity, claims }: VerifiedToken,
): Promise<FederatedIdentity> {
  const pool = await identityPools.find(identity.audience)
  if (pool?.settings.allowClassicFlow !== true) {
    throw new Refusal('token.audienceWrong', {
      detail: `no pool of the classic flow is ${identity.audience}`,
    })
  }
  return withDemo({ identity, claims }).identity
}

/**
 * A pool's token lives for a day where a backend asks for it: what ends the identity meanwhile, or its sessions, ends the
 * token too. Whoever holds it would have new credentials a moment later.
 *
 * @throws {Refusal} token.rejected
 */
export async function requireLivePoolToken(
  {
    poolIdentities,
    revocations,
  }: { poolIdentities: Pick<PoolIdentities, 'find'>; revocations: Pick<Revocations, 'denylist'> },
  { identity: { issuer, subject, audience }, claims }: VerifiedToken,
): Promise<void> {
  const found = await poolIdentities.find(subject)
  if (found?.poolId !== audience) throw new Refusal('token.rejected', { detail: 'the identity is gone' })
  const denylist = await revocations.denylist()
  // Under the name that it has now as well: it may have been merged since.
  const isEnded = [subject, found.id].some(one =>
    denylist.coversPerson({ issuer, subject: one }, Number(claims.iat)),
  )
  if (isEnded) throw new Refusal('token.rejected', { detail: 'the identity’s sessions were ended' })
}

/** Somebody, as the sessions that they got know them. */
type Known = { issuer: string; subject: string }

/**
 * As whom identity pools know somebody whom a provider vouches for, under all ids by which their identities had logins:
 * what they got there names the pool as its issuer, so that ending their sessions would pass it by.
 */
export function createPoolNames(
  poolIdentities: Pick<PoolIdentities, 'ownersOf' | 'namesOf'>,
  publicUrl: string,
): (person: Known) => Promise<Known[]> {
  const issuer = poolIssuer(publicUrl)
  const idsOf = async (person: Known) => {
    if (person.issuer === issuer) return [person.subject]
    // An issuer is known by its address without the scheme, every other provider by the name that it vouches under.
    const login = { provider: person.issuer.replace(/^https?:\/\//, ''), subject: person.subject }
    const owners = [false, true].map(demo => poolIdentities.ownersOf({ ...login, demo }))
    return (await Promise.all(owners)).flat()
  }
  return async person => {
    const names = await Promise.all((await idsOf(person)).map(id => poolIdentities.namesOf(id)))
    return [...new Set(names.flat())].map(subject => ({ issuer, subject }))
  }
}

/** What a stand-in vouched for is marked in the token as well. */
function withDemo({ identity, claims }: VerifiedToken): VerifiedToken {
  return { identity: { ...identity, demo: claims[demoClaim] === true }, claims }
}

export const demoClaim = 'rolecall:demo'

const googleIssuer = 'https://accounts.google.com'

export function createPoolLoginVerifier(deps: {
  idTokens: Pick<IdTokenVerifier, 'read'>
  keySets: KeySetCache
  clock: Clock
  publicUrl: string
  google: { issuer: string; jwksUrl: string } | undefined
  verifyAccessToken: PoolLoginVerifier['verifyAccessToken']
  usedProofs: Pick<UsedProofs, 'use' | 'isUsed'>
  /** A verifier by which a proof counts as this says. */
  samlVerifier(useOnce: SamlVerifierDeps['useOnce']): SamlVerifier
  boundSaml(
    proof: string,
    sourceIp: string,
    verify: () => Promise<FederatedIdentity>,
  ): Promise<FederatedIdentity>
}): PoolLoginVerifier {
  const { idTokens, keySets, clock, google, usedProofs } = deps
  const issuer = poolIssuer(deps.publicUrl)
  const googleRecord = {
    issuer: googleIssuer,
    principals: ['accounts.google.com'],
    provider: 'accounts.google.com',
    conditionPrefix: 'accounts.google.com',
    ...(google?.issuer === googleIssuer ? { jwksUri: google.jwksUrl } : {}),
    demo: false,
  }
  return {
    async verifyIdToken(token) {
      const verified = await idTokens.read(token)
      // A pool's own token says of somebody what a pool found out already: it is no login.
      if (verified.identity.issuer === issuer)
        throw new Refusal('token.rejected', { detail: 'a pool’s own token' })
      return verified
    },
    verifyGoogleToken(token, clientId) {
      const record = { ...googleRecord, audiences: new Set([clientId]) }
      const isGoogle = (iss: string) => iss === googleIssuer || iss === 'accounts.google.com'
      const findIssuer = (iss: string) => (isGoogle(iss) ? record : undefined)
      return createIdTokenVerifier({ findIssuer, keySets, clock }).read(token)
    },
    async verifyPoolToken(token) {
      const verified = await idTokens.read(token)
      if (verified.identity.issuer !== issuer)
        throw new Refusal('token.rejected', { detail: 'not a pool’s own token' })
      return withDemo(verified)
    },
    verifyAccessToken: deps.verifyAccessToken,
    verifySamlResponse: (response, providerArn, sourceIp, poolId) =>
      deps.boundSaml(response, sourceIp, () =>
        deps.samlVerifier(inPool(usedProofs, poolId)).verify(response, providerArn),
      ),
  }
}

/**
 * A response counts once, wherever it is shown; in the pool that has seen it first, again while it is valid, since its
 * clients show it for the identity and then for the credentials.
 */
function inPool(usedProofs: Pick<UsedProofs, 'use' | 'isUsed'>, poolId: string): SamlVerifierDeps['useOnce'] {
  return async (proof, untilMs) => {
    const here = createHash('sha256')
      .update(JSON.stringify([proof, poolId]))
      .digest('base64url')
    if (!(await usedProofs.use(proof, untilMs))) return usedProofs.isUsed(here)
    await usedProofs.use(here, untilMs)
    return true
  }
}
