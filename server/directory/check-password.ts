import type { Client } from 'ldapts'
import type { AccountState } from './account-state.ts'
import { isAnswer } from './connections.ts'

export type Checked = { isRight: true } | { isRight: false; why: string }

/**
 * Binds as somebody. An empty password is never sent: a bind with a name and none is anonymous, and succeeds (RFC 4513,
 * section 5.1.2).
 *
 * @throws what the network said
 */
export async function checkPassword(client: Client, dn: string, password: string): Promise<Checked> {
  if (password === '') throw new Error('a bind without a password')
  const { PasswordPolicyControl, PasswordPolicyError } = await import('ldapts')
  const policy = new PasswordPolicyControl()
  try {
    await client.bind(dn, password, policy)
  } catch (error) {
    if (!isAnswer(error)) throw error
    const why = reasonOf(error.message) ?? policyReason(policy.value?.error)
    return { isRight: false, why: why ?? (error.code === 49 ? 'wrongPassword' : error.message) }
  }
  // The password is right, and good for nothing but to be changed.
  const { error } = policy.value ?? {}
  if (error === PasswordPolicyError.ChangeAfterReset) return { isRight: false, why: 'passwordMustChange' }
  return { isRight: true }
}

/** What AD writes after `data`, by the errors of Windows. @see [MS-ERREF] section 2.2, ERROR_LOGON_FAILURE and its kin */
const windowsErrors: Readonly<Record<string, AccountState | 'wrongPassword' | 'unknown'>> = {
  '525': 'unknown',
  '52e': 'wrongPassword',
  '530': 'disabled',
  '531': 'disabled',
  '532': 'passwordMustChange',
  '533': 'disabled',
  '701': 'expired',
  '773': 'passwordMustChange',
  '775': 'locked',
}

function reasonOf(message: string): string | undefined {
  const code = /\bdata ([0-9a-f]{3,8})\b/i.exec(message)?.[1]?.toLowerCase()
  return code === undefined ? undefined : (windowsErrors[code] ?? `AD says ${code}`)
}

/** @see draft-behera-ldap-password-policy-11, section 6.2 */
function policyReason(error: number | undefined): string | undefined {
  if (error === undefined) return undefined
  return ['passwordMustChange', 'locked', 'passwordMustChange'][error] ?? `the password policy says ${error}`
}
