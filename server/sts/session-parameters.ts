import type { Result } from '../aws/action.ts'
import { integer, list, optional, type Param, structure, text } from '../aws/params.ts'
import { tagKey, tagsParam } from '../aws/tags-param.ts'
import { isoSeconds } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { Credentials } from '../base/session.ts'

/** @see AWS STS API reference: parameters that several actions have alike */
export const roleArn = text({ min: 20, max: 2048 })
export const sessionName = text({
  min: 2,
  max: 64,
  pattern: /^[\w+=,.@-]*$/,
  patternText: '[\\w+=,.@-]*',
})
export const policy = optional(
  text({
    min: 1,
    max: 2048,
    pattern: /^[\u0009\u000a\u000d\u0020-\u00ff]+$/,
    patternText: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
  }),
)
export const policyArns = optional(list(structure({ arn: text({ min: 20, max: 2048 }) }), { max: 10 }))

/** Of a role's session. */
export const roleSeconds = optional(integer({ min: 900, max: 43_200 }), 3600)
/** Of a user's, or of what a user passes on: 36 hours at most. */
export const userSeconds = optional(integer({ min: 900, max: 129_600 }), 43_200)

export const transitiveTagKeys = optional(list(tagKey, { max: 50 }))

/** Session tags, as a record. */
export const tags = tagsParam('tags.invalid')

/** The session policies that were asked for, as the gate takes them. */
export function askedPolicies(asked: {
  Policy: string | undefined
  PolicyArns: readonly { arn: string }[] | undefined
}): { policy?: string; policyArns?: string[] } {
  return {
    ...(asked.Policy === undefined ? {} : { policy: asked.Policy }),
    ...(asked.PolicyArns === undefined ? {} : { policyArns: asked.PolicyArns.map(({ arn }) => arn) }),
  }
}

export const serialNumber = text({
  min: 9,
  max: 256,
  pattern: /^[\w+=/:,.@-]*$/,
  patternText: '[\\w+=/:,.@-]*',
})
export const tokenCode = text({ min: 6, max: 6, pattern: /^\d*$/, patternText: '[\\d]*', secret: true })

/** @throws {Refusal} request.invalid for one without the other */
export function askedFactor({
  SerialNumber,
  TokenCode,
}: {
  SerialNumber: string | undefined
  TokenCode: string | undefined
}): { factor?: { serialNumber: string; code: string } } {
  if (SerialNumber === undefined && TokenCode === undefined) return {}
  if (SerialNumber === undefined || TokenCode === undefined) {
    throw new Refusal('request.invalid', { said: { message: 'SerialNumber and TokenCode go together' } })
  }
  return { factor: { serialNumber: SerialNumber, code: TokenCode } }
}

export function wireCredentials(credentials: Credentials): Result {
  return {
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    Expiration: isoSeconds(credentials.expiresAtSeconds),
  }
}

/** For parameters that would change what is granted, and are not built yet. */
export const notSupported: Param<undefined> = {
  required: false,
  read(form, at) {
    if (![...form.keys()].some(name => name === at || name.startsWith(`${at}.`))) return undefined
    throw new Refusal('request.invalid', { said: { message: `${at} is not supported` } })
  },
}
