import { defineAction } from '../aws/action.ts'
import { params, text } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import type { IamDeps } from './deps.ts'
import * as given from './parameters.ts'

const aliasSetting = 'account-alias'
const alias = text({
  min: 3,
  max: 63,
  pattern: /^[a-z0-9](?:[a-z0-9]|-(?!-))*[a-z0-9]$/,
  patternText: '^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$',
})

/**
 * An account has one alias: a new one takes the old one's place.
 *
 * @see AWS IAM API reference, CreateAccountAlias
 */
export const createAccountAlias = defineAction({
  name: 'CreateAccountAlias',
  auth: 'signed',
  writes: true,
  input: params({ AccountAlias: alias }),
  permission: () => ({ action: 'iam:CreateAccountAlias', resource: '*' }),
  async handle(asked, { settings }: IamDeps) {
    await settings.set(aliasSetting, asked.AccountAlias)
    return {}
  },
})

/**
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, DeleteAccountAlias
 */
export const deleteAccountAlias = defineAction({
  name: 'DeleteAccountAlias',
  auth: 'signed',
  writes: true,
  input: params({ AccountAlias: alias }),
  permission: () => ({ action: 'iam:DeleteAccountAlias', resource: '*' }),
  async handle(asked, { settings, accountId }: IamDeps) {
    if ((await settings.find(aliasSetting)) !== asked.AccountAlias) {
      const message = `The account alias ${asked.AccountAlias} is not associated with account ${accountId}.`
      throw new Refusal('entity.missing', { said: { message } })
    }
    await settings.delete(aliasSetting)
    return {}
  },
})

/** @see AWS IAM API reference, ListAccountAliases */
export const listAccountAliases = defineAction({
  name: 'ListAccountAliases',
  auth: 'signed',
  input: params(given.paging),
  permission: () => ({ action: 'iam:ListAccountAliases', resource: '*' }),
  async handle(_asked, { settings }: IamDeps) {
    const found = await settings.find(aliasSetting)
    return { AccountAliases: found === undefined ? [] : [found], IsTruncated: false }
  },
})

/**
 * How many of each there are, and how many there may be.
 *
 * @see AWS IAM API reference, GetAccountSummary
 */
export const getAccountSummary = defineAction({
  name: 'GetAccountSummary',
  auth: 'signed',
  input: params({}),
  permission: () => ({ action: 'iam:GetAccountSummary', resource: '*' }),
  async handle(_asked, deps: IamDeps) {
    const [users, groups, roles, policies, providers, devices] = await Promise.all([
      deps.users.list(),
      deps.groups.list(),
      deps.roles.list(),
      deps.policies.list(),
      deps.oidcProviders.list(),
      deps.mfaDevices.list(),
    ])
    return {
      SummaryMap: new Map([
        ['Users', users.length],
        ['Groups', groups.length],
        ['Roles', roles.length],
        ['Policies', policies.filter(({ shipped }) => !shipped).length],
        ['Providers', providers.length],
        ['MFADevices', devices.length],
        ['MFADevicesInUse', devices.filter(({ userId }) => userId !== undefined).length],
        // The owner's key is the installation's own: it has no second factor and no password.
        ['AccountMFAEnabled', 0],
        ['AccountAccessKeysPresent', 1],
        ['AccountPasswordPresent', 0],
        ['AccessKeysPerUserQuota', 2],
        ['AttachedPoliciesPerGroupQuota', 20],
        ['AttachedPoliciesPerRoleQuota', 20],
        ['AttachedPoliciesPerUserQuota', 20],
        ['GroupsPerUserQuota', 10],
        ['VersionsPerPolicyQuota', 5],
        ['PolicySizeQuota', 6_144],
        ['UserPolicySizeQuota', 2_048],
        ['GroupPolicySizeQuota', 5_120],
        ['AssumeRolePolicySizeQuota', 4_096],
        ['GlobalEndpointTokenVersion', 2],
      ]),
    }
  },
})
