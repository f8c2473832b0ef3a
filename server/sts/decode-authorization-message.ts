import { decodeDenial, longestMessage } from '../authorization/denial-message.ts'
import { defineAction } from '../aws/action.ts'
import { params, text } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import type { StsDeps } from './deps.ts'

/**
 * Why a request was denied, as JSON: the statements that decided or came near, what failed in each, the request as
 * policies saw it, and the smallest statement that would allow it.
 *
 * @throws {Refusal} message.undecodable
 * @see AWS STS API reference, DecodeAuthorizationMessage
 */
export const decodeAuthorizationMessage = defineAction({
  name: 'DecodeAuthorizationMessage',
  auth: 'signed',
  input: params({ EncodedMessage: text({ min: 1, max: longestMessage }) }),
  permission: () => ({ action: 'sts:DecodeAuthorizationMessage', resource: '*' }),
  async handle(asked, { keyring }: StsDeps) {
    const decoded = decodeDenial(keyring, asked.EncodedMessage)
    if (decoded === undefined) throw new Refusal('message.undecodable')
    return { DecodedMessage: decoded }
  },
})
