import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Keyring } from '../keys/keyring.ts'
import { openRecord, sealRecord } from '../keys/sealed-record.ts'
import type { PolicySet } from '../policy/decide/decide.ts'
import type { Explanation } from '../policy/explain/explain.ts'
import { proposeStatement } from '../policy/explain/propose-statement.ts'
import type { PolicyRequest } from '../policy/request.ts'

/** What DecodeAuthorizationMessage takes at most, in characters. */
export const longestMessage = 10_240
const mostBytes = 512 * 1024
const boundTo = 'authorization-message'

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
    const message = seal(keyring, one)
    if (message.length <= longestMessage) return message
  }
  return seal(keyring, { allowed: false, explicitDeny: story.explicitDeny })
}

/** The story as JSON; undefined for what this installation did not encode. */
export function decodeDenial(keyring: Keyring, message: string): string | undefined {
  const sealed = Buffer.from(message, 'base64url')
  if (sealed.toString('base64url') !== message) return undefined
  const plain = openRecord(keyring, 'encoded-message', sealed, boundTo)
  return plain && inflateRawSync(plain, { maxOutputLength: mostBytes }).toString('utf8')
}

function seal(keyring: Keyring, story: object): string {
  const plain = deflateRawSync(Buffer.from(JSON.stringify(story)))
  return sealRecord(keyring, 'encoded-message', plain, boundTo).toString('base64url')
}
