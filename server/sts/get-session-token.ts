import { defineAction } from '../aws/action.ts'
import { params } from '../aws/params.ts'
import type { StsDeps } from './deps.ts'
import * as given from './session-parameters.ts'

/**
 * A user's own permissions, for a time. Needs no permission, and can't be denied one.
 *
 * @throws {Refusal} access.denied for temporary credentials
 * @see AWS STS API reference, GetSessionToken
 */
export const getSessionToken = defineAction({
  name: 'GetSessionToken',
  auth: 'signed',
  input: params({
    DurationSeconds: given.userSeconds,
    SerialNumber: given.notSupported,
    TokenCode: given.notSupported,
  }),
  async handle(asked, { gate }: StsDeps, { caller, facts }) {
    const { credentials } = await gate.userSession(caller, { seconds: asked.DurationSeconds }, facts)
    return { Credentials: given.wireCredentials(credentials) }
  },
})
