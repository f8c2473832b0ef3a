import type { Logger } from 'pino'
import { secretArn } from './base/arn.ts'
import type { Clock } from './base/clock.ts'
import type { Config } from './config.ts'
import { combineWrappers, createKeyringWrapper, type KeyWrapper } from './keys/envelope.ts'
import type { Keyring } from './keys/keyring.ts'
import { createKmsWrapper } from './keys/kms-wrapper.ts'
import { rememberDataKeys } from './keys/remember-data-keys.ts'

type Deps = { keyring: Keyring; accountId: string; clock: Clock; log: Pick<Logger, 'error' | 'info'> }

/** Sixteen megabytes at the most, with what they are found by. */
const mostRemembered = 10_000

/** What wraps the data keys of secrets, by configuration; whatever else is configured unwraps as well. */
export function openSecretKeys({ secretsKms }: Config, { keyring, accountId, clock, log }: Deps): KeyWrapper {
  const own = createKeyringWrapper(keyring)
  if (secretsKms === undefined) return own
  const { wraps, cacheMs, ...service } = secretsKms
  const kms = createKmsWrapper({
    ...service,
    // Below the ARN that secrets have, so that a key policy which asks for those admits it.
    probe: { arn: secretArn(accountId, 'rolecall-key-check'), versionId: 'rolecall-key-check' },
    onHealth(failure) {
      if (failure === undefined) return log.info({}, 'the key service answers again')
      const { kind, message } = failure
      log.error(
        { failure: message, kind },
        'the key service does not wrap and unwrap; what is in memory goes on',
      )
    },
  })
  const remembering = rememberDataKeys(kms, { lifeMs: cacheMs, most: mostRemembered, now: clock })
  return combineWrappers(wraps ? remembering : own, { keyring: own, kms: remembering })
}
