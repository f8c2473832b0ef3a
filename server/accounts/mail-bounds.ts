import type { Clock } from '../base/clock.ts'
import { networkOf } from '../http/network-of.ts'
import { createRateLimit } from '../http/rate-limit.ts'

export type MailBounds = {
  /**
   * Whether one more mail may go to this address, on account of this network. What is over is not sent, and nobody is
   * told: the page stays the same.
   */
  mayMail(emailKey: string, sourceIp: string): boolean
}

/** Nobody can fill a stranger's mailbox by us; from elsewhere, its owner still gets theirs. */
const fromNetwork = { burst: 4, perSecond: 1 / 600 }
const inAll = { burst: 20, perSecond: 1 / 180 }

export function createMailBounds(clock: Clock): MailBounds {
  const byNetwork = createRateLimit(fromNetwork, clock)
  const byAddress = createRateLimit(inAll, clock)
  return {
    mayMail: (emailKey, sourceIp) =>
      byNetwork.take(`${emailKey} ${networkOf(sourceIp)}`) && byAddress.take(emailKey),
  }
}
