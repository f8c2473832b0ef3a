import { functionName } from '../../base/arn.ts'
import type { Clock } from '../../base/clock.ts'
import type { Outbound } from '../../base/outbound.ts'
import type { Keyring } from '../../keys/keyring.ts'
import type { Rotators } from '../../store/rotators.ts'
import { createWebhookRotator } from './registered/webhook-rotator.ts'
import { openRotatorSecret } from './registered/webhook-secret.ts'
import type { Rotator } from './rotator.ts'

/**
 * The rotator that an ARN names; undefined where there is none.
 *
 * @returns what makes it for one attempt, by the RotationToken of that
 */
export type FindRotator = (arn: string) => Promise<((proof: string) => Rotator) | undefined>

export type FindRotatorDeps = {
  /** By the names of the functions that they stand for. */
  builtIn: ReadonlyMap<string, Rotator>
  rotators: Pick<Rotators, 'find'>
  keyring: Keyring
  outbound: Outbound
  accountId: string
  clock: Clock
}

export function createFindRotator(deps: FindRotatorDeps): FindRotator {
  const { builtIn, rotators, keyring, outbound, accountId, clock } = deps
  return async arn => {
    const name = functionName(arn, accountId)
    if (name === undefined) return undefined
    const own = builtIn.get(name)
    if (own !== undefined) return () => own
    const registered = await rotators.find(name)
    if (registered === undefined) return undefined
    const { url, sealedSecret } = registered
    return proof =>
      createWebhookRotator(
        { url, key: () => openRotatorSecret(keyring, name, sealedSecret), proof },
        { outbound, clock },
      )
  }
}
