import { defineAction } from '../aws/action.ts'
import { optional, params } from '../aws/params.ts'
import type { StsDeps } from './deps.ts'
import * as given from './session-parameters.ts'

/**
 * A user's own permissions, for a time. Needs no permission, and can't be denied one.
 *
 * @throws {Refusal} access.denied for temporary credentials | mfa.invalid
 * @see AWS STS API reference, GetSessionToken
 */
export const getSessionToken = defineAction({
  name: 'GetSessionToken',
  auth: 'signed',
  input: params({
    DurationSeconds: given.userSeconds,
    SerialNumber: optional(given.serialNumber),
    TokenCode: optional(given.tokenCode),
  }),
  async handle(asked, { gate }: StsDeps, { caller, facts }) {
    const { credentials } = await gate.userSession(
      caller,
      { seconds: asked.DurationSeconds, ...given.askedFactor(asked) },
      facts,
    )
    return { Credentials: given.wireCredentials(credentials) }
  },
})
