import type { z } from 'zod'
import { type Given, httpsRule, type Rule } from './rules.ts'
import { endpoint, oneOf, text } from './setting-kinds.ts'

/** The environment variables about secrets that users store: their rotation, and the key service that may wrap their data keys. */
export const secretSettings = {
  ROLECALL_ROTATIONS_AT_ONCE: text(
    value => /^\d{1,2}$/.test(value) && Number(value) >= 1 && Number(value) <= 64,
    'not a number, expected 1 to 64',
  )
    .transform(Number)
    .default(4),
  ROLECALL_SECRETS_WRAPPED_BY: oneOf(['kms', 'master-key']).optional(),
  ROLECALL_SECRETS_KMS_KEY_ID: keyId().optional(),
  ROLECALL_SECRETS_KMS_KEY_ID_PREVIOUS: keyId().optional(),
  ROLECALL_SECRETS_KMS_ENDPOINT: endpoint().optional(),
  ROLECALL_SECRETS_KMS_REGION: text(
    /^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/,
    'not a region, expected such as eu-central-1',
  ).optional(),
  ROLECALL_SECRETS_KMS_CACHE_SECONDS: text(
    text => /^\d{1,4}$/.test(text) && Number(text) <= 3600,
    'not a time, expected whole seconds from 0 to 3600',
  )
    .transform(Number)
    .default(300),
}

type Sound = z.output<z.ZodObject<typeof secretSettings>>

/** A key service that speaks the wire of AWS KMS. */
export type SecretsKmsConfig = Readonly<{
  /** Whether it wraps what is new; it unwraps in any case. */
  wraps: boolean
  keyId: string
  previousKeyId?: string | undefined
  endpoint?: string | undefined
  /** Where nothing says it, the SDK's own chain does. */
  region?: string | undefined
  /** How long an unwrapped data key is kept in memory. */
  cacheMs: number
}>

export function secretsKmsOf(sound: Sound): SecretsKmsConfig | undefined {
  const { ROLECALL_SECRETS_KMS_KEY_ID: id } = sound
  if (id === undefined) return undefined
  return {
    wraps: sound.ROLECALL_SECRETS_WRAPPED_BY !== 'master-key',
    keyId: id,
    previousKeyId: sound.ROLECALL_SECRETS_KMS_KEY_ID_PREVIOUS,
    endpoint: sound.ROLECALL_SECRETS_KMS_ENDPOINT,
    region: sound.ROLECALL_SECRETS_KMS_REGION ?? /^arn:[^:]+:kms:([^:]+):/.exec(id)?.[1],
    cacheMs: sound.ROLECALL_SECRETS_KMS_CACHE_SECONDS * 1000,
  }
}

export function secretRules(given: Given, sound: Sound, production: boolean): Rule<keyof Sound>[] {
  const [other] = (
    [
      'ROLECALL_SECRETS_KMS_KEY_ID_PREVIOUS',
      'ROLECALL_SECRETS_KMS_ENDPOINT',
      'ROLECALL_SECRETS_KMS_REGION',
    ] as const
  ).filter(name => given[name] !== undefined)
  const needing =
    sound.ROLECALL_SECRETS_WRAPPED_BY === 'kms' ? 'ROLECALL_SECRETS_WRAPPED_BY=kms' : (other ?? '')
  return [
    [
      'ROLECALL_SECRETS_KMS_KEY_ID',
      given.ROLECALL_SECRETS_KMS_KEY_ID === undefined && needing !== '',
      `missing, expected together with ${needing}`,
    ],
    httpsRule('ROLECALL_SECRETS_KMS_ENDPOINT', sound.ROLECALL_SECRETS_KMS_ENDPOINT, production),
  ]
}

function keyId() {
  return text(
    /^(?:arn:[\w-]+:kms:[\w-]+:\d{12}:(?:key|alias)\/[\w/-]{1,240}|alias\/[\w/-]{1,240}|(?:mrk-)?[0-9a-f-]{32,36})$/,
    'not a key, expected its ARN, its id, or an alias such as alias/rolecall',
  )
}
