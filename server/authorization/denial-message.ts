import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Keyring } from '../keys/keyring.ts'
import { openRecord, sealedOverhead, sealRecord } from '../keys/sealed-record.ts'
import type { PolicySet } from '../policy/decide/decide.ts'
import type { Explanation } from '../policy/explain/explain.ts'
import { proposeStatement } from '../policy/explain/propose-statement.ts'
import type { PolicyRequest } from '../policy/request.ts'

/** What DecodeAuthorizationMessage takes at most, in characters. */
export const longestMessage = 10_240
/**
 * What each message has, whatever it says: by its length whoever may not see a thing would learn that it is there, which
 * tags it has, and letter by letter what they say, since what repeats the caller's own words compresses better.
 */
const sealedBytes = 2_304
const mostBytes = 512 * 1024
const boundTo = 'authorization-message'
const mostPacked = sealedBytes - sealedOverhead

/**
 * Why a request was denied, whole and sealed: the caller gets it, and only who may decode it can read it. What
 * would make it too long is left out, the least telling first.
 *
 * @see AWS STS API reference, DecodeAuthorizationMessage
 */
export function encodeDenial(
  keyring: Keyring,
  policies: PolicySet,
  request: PolicyRequest,
  { decision, considered, nearMisses }: Explanation,
): string {
  const { principal, action, resource, context } = request
  const story = {
    allowed: false,
    explicitDeny: decision.outcome === 'explicitlyDenied',
    ...(decision.outcome === 'implicitlyDenied' ? { missing: decision.missing } : {}),
    matchedStatements: decision.statements,
    suggestion: proposeStatement(policies, request),
    request: { principal, action, resource },
    nearMisses,
    considered,
    context: Object.fromEntries(context),
  }
  const { context: _context, ...withoutContext } = story
  const { considered: _considered, ...shorter } = withoutContext
  const { nearMisses: _nearMisses, ...shortest } = shorter
  for (const one of [story, withoutContext, shorter, shortest]) {
    const packed = pack(one)
    if (packed.length <= mostPacked) return seal(keyring, packed)
  }
  return seal(keyring, pack({ allowed: false, explicitDeny: story.explicitDeny }))
}

/** The story as JSON; undefined for what this installation did not encode. */
export function decodeDenial(keyring: Keyring, message: string): string | undefined {
  const sealed = Buffer.from(message, 'base64url')
  if (sealed.toString('base64url') !== message) return undefined
  const plain = openRecord(keyring, 'encoded-message', sealed, boundTo)
  return plain && inflateRawSync(plain, { maxOutputLength: mostBytes }).toString('utf8')
}

function pack(story: object): Buffer {
  return deflateRawSync(Buffer.from(JSON.stringify(story)))
}

/** What is behind the end of what was deflated, nobody reads. */
function seal(keyring: Keyring, packed: Buffer): string {
  const filled = Buffer.concat([packed, Buffer.alloc(mostPacked - packed.length)])
  return sealRecord(keyring, 'encoded-message', filled, boundTo).toString('base64url')
}
