import type { Session } from '../base/session.ts'
import type { Keyring } from '../keys/keyring.ts'
import { keyIdOf, openRecord, sealRecord } from '../keys/sealed-record.ts'

/** The longest session token that we hand out or look at, in characters. */
export const maxTokenLength = 8192

/**
 * The order in which a session is written. A list, not an object: the names would be a third of
 * the token. What is new stands at the end, so that tokens from before still read.
 */
type Packed = [
  accessKeyId: string,
  principalId: string,
  name: string,
  provider: string,
  issuer: string,
  subject: string,
  issuedAtSeconds: number,
  expiresAtSeconds: number,
  ancestors: readonly (readonly [accessKeyId: string, principalId: string, issuedAtSeconds: number])[],
  tags: readonly (readonly [key: string, value: string])[],
  transitiveTagKeys: readonly string[],
  policyArns: readonly string[],
  policy: string | 0,
  sourceIdentity: string | 0,
  demo: 0 | 1,
  audience: string,
  subjectKey: string,
  audienceKey: string,
  kind?: Session['kind'],
  mfaAtSeconds?: number | null,
  personId?: string | null,
  provenAtSeconds?: number | null,
  endsAtSeconds?: number,
]

/** What was in a genuine token, and the id of the master key that it was sealed under. */
export type OpenedSession = { session: Session; keyId: Buffer }

/** The session token: a sealed record, bound to its access key id, in base64url. */
export function sealSession(keyring: Keyring, session: Session): string {
  const { person, proof } = session
  const packed: Packed = [
    session.accessKeyId,
    session.principalId,
    session.name,
    proof?.provider ?? '',
    person?.issuer ?? '',
    person?.subject ?? '',
    session.issuedAtSeconds,
    session.expiresAtSeconds,
    session.ancestors.map(one => [one.accessKeyId, one.principalId, one.issuedAtSeconds] as const),
    Object.entries(session.tags),
    session.transitiveTagKeys,
    session.policyArns,
    session.policy ?? 0,
    session.sourceIdentity ?? 0,
    session.demo ? 1 : 0,
    proof?.audience ?? '',
    proof?.subjectKey ?? '',
    proof?.audienceKey ?? '',
  ]
  const { mfaAtSeconds } = session
  const { personId, provenAtSeconds, endsAtSeconds } = person ?? {}
  if (endsAtSeconds !== undefined)
    packed.push(session.kind, mfaAtSeconds ?? null, personId ?? null, provenAtSeconds ?? null, endsAtSeconds)
  else if (provenAtSeconds !== undefined)
    packed.push(session.kind, mfaAtSeconds ?? null, personId ?? null, provenAtSeconds)
  else if (personId !== undefined) packed.push(session.kind, mfaAtSeconds ?? null, personId)
  else if (mfaAtSeconds !== undefined) packed.push(session.kind, mfaAtSeconds)
  else if (session.kind !== 'role') packed.push(session.kind)
  const plain = Buffer.from(JSON.stringify(packed))
  return sealRecord(keyring, 'session-token-seal', plain, session.accessKeyId).toString('base64url')
}

/**
 * The session within a token, or undefined when we did not seal it for this access key id. A token
 * that leaked is worth nothing beside the attacker's own key pair: the id is associated data of the
 * seal, and is compared once more with the one inside.
 */
export function openSession(keyring: Keyring, token: string, accessKeyId: string): OpenedSession | undefined {
  if (token.length > maxTokenLength) return undefined
  const sealed = Buffer.from(token, 'base64url')
  // Buffer.from skips what is not base64url: many spellings of one token must not all be genuine.
  if (sealed.toString('base64url') !== token) return undefined
  const plain = openRecord(keyring, 'session-token-seal', sealed, accessKeyId)
  if (plain === undefined) return undefined
  const packed: Packed = JSON.parse(plain.toString('utf8'))
  return packed[0] === accessKeyId ? { session: unpack(packed), keyId: keyIdOf(sealed) } : undefined
}

function unpack(packed: Packed): Session {
  const [accessKeyId, principalId, name, provider, issuer, subject, issuedAtSeconds, expiresAtSeconds] =
    packed
  const [
    ,
    ,
    ,
    ,
    ,
    ,
    ,
    ,
    ancestors,
    tags,
    transitiveTagKeys,
    policyArns,
    policy,
    sourceIdentity,
    demo,
    ...end
  ] = packed
  const [audience, subjectKey, audienceKey, kind = 'role', mfaAtSeconds, personId, ...proven] = end
  const [provenAtSeconds, endsAtSeconds] = proven
  const person = {
    issuer,
    subject,
    ...(typeof personId === 'string' ? { personId } : {}),
    ...(typeof provenAtSeconds === 'number' ? { provenAtSeconds } : {}),
    ...(endsAtSeconds === undefined ? {} : { endsAtSeconds }),
  }
  return {
    accessKeyId,
    kind,
    principalId,
    name,
    ...(issuer === '' ? {} : { person }),
    ...(provider === '' ? {} : { proof: { provider, audience, subjectKey, audienceKey } }),
    issuedAtSeconds,
    expiresAtSeconds,
    ancestors: ancestors.map(([id, of, at]) => ({ accessKeyId: id, principalId: of, issuedAtSeconds: at })),
    tags: Object.fromEntries(tags),
    transitiveTagKeys,
    policyArns,
    ...(policy === 0 ? {} : { policy }),
    ...(sourceIdentity === 0 ? {} : { sourceIdentity }),
    ...(typeof mfaAtSeconds === 'number' ? { mfaAtSeconds } : {}),
    demo: demo === 1,
  }
}
