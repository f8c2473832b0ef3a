import { randomUUID } from 'node:crypto'
import { arnOfRoleNamed, guestProviderArn } from '../base/arn.ts'
import type { Clock } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { networkOf } from '../http/network-of.ts'
import { createRateLimit } from '../http/rate-limit.ts'

export type GuestRules = {
  /** Its name, with its path where it has one, or its ARN. */
  role: string
  /** A session policy: it narrows the role further. */
  policy?: string | undefined
  /** How long their credentials last at most. */
  seconds: number
  perMinuteAndAddress: number
  perMinuteInAll: number
}

export type Guests = {
  seconds: number
  roleArn: string
  /**
   * Somebody whom nobody knows: another one each time, and kept nowhere.
   * @throws {Refusal} request.throttled
   */
  welcome(sourceIp: string): FederatedIdentity
}

/**
 * The Token Vending Machine's anonymous mode: whoever asks is a guest, for one role. What a guest is given is written into
 * the audit log, and nothing else is written.
 *
 * @returns undefined where there are none
 */
export function createGuests(
  rules: GuestRules | undefined,
  accountId: string,
  clock: Clock,
): Guests | undefined {
  if (rules === undefined) return undefined
  const perMinute = (count: number) => createRateLimit({ burst: count, perSecond: count / 60 }, clock)
  const [byNetwork, inAll] = [perMinute(rules.perMinuteAndAddress), perMinute(rules.perMinuteInAll)]
  const providerArn = guestProviderArn(accountId)
  const { policy, seconds } = rules
  const roleArn = arnOfRoleNamed(rules.role, accountId)
  return {
    seconds,
    roleArn,
    welcome(sourceIp) {
      // In this order: who has used up their own must not use up everybody's.
      byNetwork.requireToken(networkOf(sourceIp))
      inAll.requireToken('all')
      const subject = randomUUID()
      return {
        kind: 'guest',
        principals: [providerArn],
        provider: providerArn,
        issuer: providerArn,
        subject,
        audience: 'guest',
        context: { 'guest:sub': [subject], 'guest:aud': ['guest'] },
        subjectKey: 'guest:sub',
        audienceKey: 'guest:aud',
        tags: {},
        transitiveTagKeys: [],
        sessionName: 'guest',
        onlyRoles: [roleArn],
        narrowedTo: { seconds, ...(policy === undefined ? {} : { policy }) },
        demo: false,
      }
    },
  }
}
