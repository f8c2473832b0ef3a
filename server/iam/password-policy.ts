import { defineAction } from '../aws/action.ts'
import { flag, integer, optional, params } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import type { Settings } from '../store/settings.ts'
import type { IamDeps } from './deps.ts'

/** What the account demands of its users' passwords. Ages in days. */
export type PasswordPolicy = {
  minimumLength: number
  symbols: boolean
  numbers: boolean
  uppercase: boolean
  lowercase: boolean
  usersMayChange: boolean
  maxAgeDays?: number
  /** How many passwords before the present one can't be taken again. */
  reusePrevention?: number
  hardExpiry: boolean
}

const setting = 'password-policy'

export async function findPasswordPolicy(
  settings: Pick<Settings, 'find'>,
): Promise<PasswordPolicy | undefined> {
  const kept = await settings.find(setting)
  return kept === undefined ? undefined : JSON.parse(kept)
}

/**
 * What is not given goes back to its default.
 *
 * @see AWS IAM API reference, UpdateAccountPasswordPolicy
 */
export const updateAccountPasswordPolicy = defineAction({
  name: 'UpdateAccountPasswordPolicy',
  auth: 'signed',
  writes: true,
  input: params({
    MinimumPasswordLength: optional(integer({ min: 6, max: 128 }), 6),
    RequireSymbols: optional(flag(), false),
    RequireNumbers: optional(flag(), false),
    RequireUppercaseCharacters: optional(flag(), false),
    RequireLowercaseCharacters: optional(flag(), false),
    AllowUsersToChangePassword: optional(flag(), false),
    MaxPasswordAge: optional(integer({ min: 1, max: 1095 })),
    PasswordReusePrevention: optional(integer({ min: 1, max: 24 })),
    HardExpiry: optional(flag(), false),
  }),
  permission: () => ({ action: 'iam:UpdateAccountPasswordPolicy', resource: '*' }),
  async handle(asked, { settings }: IamDeps) {
    const policy: PasswordPolicy = {
      minimumLength: asked.MinimumPasswordLength,
      symbols: asked.RequireSymbols,
      numbers: asked.RequireNumbers,
      uppercase: asked.RequireUppercaseCharacters,
      lowercase: asked.RequireLowercaseCharacters,
      usersMayChange: asked.AllowUsersToChangePassword,
      hardExpiry: asked.HardExpiry,
      ...(asked.MaxPasswordAge === undefined ? {} : { maxAgeDays: asked.MaxPasswordAge }),
      ...(asked.PasswordReusePrevention === undefined
        ? {}
        : { reusePrevention: asked.PasswordReusePrevention }),
    }
    await settings.set(setting, JSON.stringify(policy))
    return {}
  },
})

/**
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, GetAccountPasswordPolicy
 */
export const getAccountPasswordPolicy = defineAction({
  name: 'GetAccountPasswordPolicy',
  auth: 'signed',
  input: params({}),
  permission: () => ({ action: 'iam:GetAccountPasswordPolicy', resource: '*' }),
  async handle(_asked, { settings, accountId }: IamDeps) {
    const policy = await findPasswordPolicy(settings)
    if (policy === undefined) throw noPolicy(accountId)
    return {
      PasswordPolicy: {
        MinimumPasswordLength: policy.minimumLength,
        RequireSymbols: policy.symbols,
        RequireNumbers: policy.numbers,
        RequireUppercaseCharacters: policy.uppercase,
        RequireLowercaseCharacters: policy.lowercase,
        AllowUsersToChangePassword: policy.usersMayChange,
        ExpirePasswords: policy.maxAgeDays !== undefined,
        MaxPasswordAge: policy.maxAgeDays,
        PasswordReusePrevention: policy.reusePrevention,
        HardExpiry: policy.hardExpiry,
      },
    }
  },
})

/**
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, DeleteAccountPasswordPolicy
 */
export const deleteAccountPasswordPolicy = defineAction({
  name: 'DeleteAccountPasswordPolicy',
  auth: 'signed',
  writes: true,
  input: params({}),
  permission: () => ({ action: 'iam:DeleteAccountPasswordPolicy', resource: '*' }),
  async handle(_asked, { settings, accountId }: IamDeps) {
    if ((await findPasswordPolicy(settings)) === undefined) throw noPolicy(accountId)
    await settings.delete(setting)
    return {}
  },
})

function noPolicy(accountId: string): Refusal {
  const message = `The Password Policy with domain name ${accountId} cannot be found.`
  return new Refusal('entity.missing', { said: { message } })
}
