import { defineAction } from '../aws/action.ts'
import { params } from '../aws/params.ts'
import type { StsDeps } from './deps.ts'

/**
 * Says whose credentials signed the request. Needs no permission, and can't be denied one: it tells the
 * caller only what their credentials already are.
 *
 * @see AWS STS API reference, GetCallerIdentity
 */
export const getCallerIdentity = defineAction({
  name: 'GetCallerIdentity',
  auth: 'signed',
  input: params({}),
  async handle(_asked, _deps: StsDeps, { caller }) {
    return { Arn: caller.arn, UserId: caller.userId, Account: caller.accountId }
  },
})
