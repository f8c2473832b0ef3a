import { defineAction } from '../aws/action.ts'
import { params, text } from '../aws/params.ts'
import type { StsDeps } from './deps.ts'

/**
 * Whose account an access key id belongs to. There is one account here, so that this tells nobody which keys there
 * are.
 *
 * @see AWS STS API reference, GetAccessKeyInfo
 */
export const getAccessKeyInfo = defineAction({
  name: 'GetAccessKeyInfo',
  auth: 'signed',
  input: params({
    AccessKeyId: text({ min: 16, max: 128, pattern: /^\w*$/, patternText: '[\\w]*' }),
  }),
  permission: () => ({ action: 'sts:GetAccessKeyInfo', resource: '*' }),
  async handle(_asked, { accountId }: StsDeps) {
    return { Account: accountId }
  },
})
