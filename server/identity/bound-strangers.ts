import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal, throttled } from '../base/refusal.ts'
import { networkOf } from '../http/network-of.ts'
import { createRateLimit } from '../http/rate-limit.ts'

type Verify = () => Promise<FederatedIdentity>

const failures = { burst: 20, perSecond: 0.5 }
const mostInFlight = 64
const mostRemembered = 10_000
const rememberedMs = 60_000

/**
 * Some proofs are dear to verify: opaque tokens by asking their provider with our own credentials, where a stranger's
 * junk would use up the app's quota, and SAML responses in time. So a network may fail only so often, and no more than
 * so many are looked at at once; what a provider has refused is, where `remembers` says so, refused again without
 * asking.
 */
export function boundStrangers(clock: Clock, { remembers }: { remembers: boolean }) {
  const limit = createRateLimit(failures, clock)
  const refused = new Map<string, { refusal: Refusal; untilMs: number }>()
  let inFlight = 0

  /** @param sourceIp absent for a proof that came from the provider itself */
  return async (proof: string, sourceIp: string | undefined, verify: Verify): Promise<FederatedIdentity> => {
    if (sourceIp === undefined) return verify()
    const hash = createHash('sha256').update(proof).digest('base64url')
    const known = refused.get(hash)
    if (known !== undefined && known.untilMs > clock()) throw again(known.refusal)
    const network = networkOf(sourceIp)
    if (inFlight >= mostInFlight) throw throttled(1_000)
    limit.requireToken(network)
    inFlight++
    try {
      const identity = await verify()
      limit.giveBack(network)
      return identity
    } catch (error) {
      if (remembers && error instanceof Refusal && error.reason.startsWith('token.')) remember(hash, error)
      throw error
    } finally {
      inFlight--
    }
  }

  function again({ reason, said }: Refusal): Refusal {
    return new Refusal(reason, { said, detail: 'this very token was refused a moment ago' })
  }

  function remember(hash: string, refusal: Refusal): void {
    if (refused.size >= mostRemembered) refused.clear()
    refused.set(hash, { refusal, untilMs: clock() + rememberedMs })
  }
}
