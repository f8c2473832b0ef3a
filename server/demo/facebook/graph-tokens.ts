import { createHash, randomBytes } from 'node:crypto'
import { type Clock, toSeconds } from '../../base/clock.ts'
import { createBoundedMap } from '../bounded-map.ts'
import { type FaultName, GraphFault } from './graph-fault.ts'

const codeSeconds = 60
const tokenSeconds = 2 * 3600

/** Whom a token speaks of, and to which app it was given. */
export type GraphGrant = { appId: string; facebookId: string; scopes: readonly string[] }

export type GraphToken = GraphGrant & { issuedAtSeconds: number; expiresAtSeconds: number }

/** What the dialog was asked with: the exchange must come with the same. */
export type CodeRequest = { redirectUri: string; codeChallenge?: string | undefined }

type Code = CodeRequest & { grant: GraphGrant; expiresAtSeconds: number; used: boolean }

export type GraphTokens = {
  issueCode(grant: GraphGrant, asked: CodeRequest): string
  /** @throws {GraphFault} unknownCode | usedCode | expiredCode | wrongRedirect | wrongVerifier */
  redeemCode(code: string, proof: { redirectUri?: string; codeVerifier?: string }): GraphGrant
  issueToken(grant: GraphGrant, seconds?: number): { accessToken: string; expiresInSeconds: number }
  /** Also one that has expired: `debug_token` tells those from ones that never were. */
  findToken(accessToken: string): GraphToken | undefined
  isExpired(token: GraphToken): boolean
}

/** Codes and opaque tokens, in memory and bounded. */
export function createGraphTokens(clock: Clock): GraphTokens {
  const codes = createBoundedMap<Code>(1_000)
  const tokens = createBoundedMap<GraphToken>(10_000)
  const nowSeconds = () => toSeconds(clock())

  return {
    issueCode(grant, asked) {
      const code = randomBytes(32).toString('base64url')
      codes.set(code, { ...asked, grant, expiresAtSeconds: nowSeconds() + codeSeconds, used: false })
      return code
    },
    redeemCode(text, proof) {
      const code = codes.get(text)
      if (code === undefined) throw new GraphFault('unknownCode')
      const objection = objectionTo(code, proof, nowSeconds())
      // Spent by a wrong attempt as well: whoever stole a code gets one guess at the verifier.
      code.used = true
      if (objection !== undefined) throw new GraphFault(objection)
      return code.grant
    },
    issueToken(grant, seconds = tokenSeconds) {
      const accessToken = `DEMO${randomBytes(48).toString('base64url')}`
      const issuedAtSeconds = nowSeconds()
      tokens.set(accessToken, { ...grant, issuedAtSeconds, expiresAtSeconds: issuedAtSeconds + seconds })
      return { accessToken, expiresInSeconds: seconds }
    },
    findToken: accessToken => tokens.get(accessToken),
    isExpired: token => token.expiresAtSeconds <= nowSeconds(),
  }
}

function objectionTo(
  code: Code,
  proof: { redirectUri?: string; codeVerifier?: string },
  nowSeconds: number,
): FaultName | undefined {
  if (code.used) return 'usedCode'
  if (code.expiresAtSeconds <= nowSeconds) return 'expiredCode'
  if (code.redirectUri !== proof.redirectUri) return 'wrongRedirect'
  if (code.codeChallenge === undefined) return undefined
  const answer = createHash('sha256')
    .update(proof.codeVerifier ?? '')
    .digest('base64url')
  return answer === code.codeChallenge ? undefined : 'wrongVerifier'
}
