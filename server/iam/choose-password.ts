import { Refusal } from '../base/refusal.ts'
import { hashPassword, isPassword } from '../credentials/password-hash.ts'
import type { LoginProfile } from '../store/login-profiles.ts'
import type { IamDeps } from './deps.ts'
import { findPasswordPolicy, type PasswordPolicy } from './password-policy.ts'

const classes: readonly [keyof PasswordPolicy, RegExp, string][] = [
  ['uppercase', /[A-Z]/, 'one uppercase letter'],
  ['lowercase', /[a-z]/, 'one lowercase letter'],
  ['numbers', /[0-9]/, 'one number'],
  ['symbols', /[!@#$%^&*()_+\-=[\]{}|']/, 'one symbol'],
]
const defaultLength = 8
const defaultClasses = 3
/** As many as any policy may ask to remember, so that one that comes later finds them. */
const mostEarlier = 24

/**
 * A new password's hash, and those that it leaves behind, when the account's policy takes it.
 *
 * @param before the profile whose password it replaces
 * @throws {Refusal} password.violation | request.throttled
 * @see AWS IAM User Guide, "Set an account password policy for IAM users"
 */
export async function choosePassword(
  password: string,
  before: LoginProfile | undefined,
  { settings }: Pick<IamDeps, 'settings'>,
): Promise<Pick<LoginProfile, 'hash' | 'earlierHashes'>> {
  const policy = await findPasswordPolicy(settings)
  if (policy === undefined) requireDefaults(password)
  else requireClasses(password, policy)
  const known = before === undefined ? [] : [before.hash, ...before.earlierHashes]
  for (const hash of known.slice(0, policy?.reusePrevention ?? 0)) {
    if (await isPassword(password, hash)) throw violation('Password was used before')
  }
  return { hash: await hashPassword(password), earlierHashes: known.slice(0, mostEarlier) }
}

function requireClasses(password: string, policy: PasswordPolicy): void {
  requireLength(password, policy.minimumLength)
  for (const [rule, pattern, what] of classes) {
    if (policy[rule] && !pattern.test(password)) throw violation(`Password should have at least ${what}`)
  }
}

/** Where the account has no policy of its own. */
function requireDefaults(password: string): void {
  requireLength(password, defaultLength)
  if (classes.filter(([, pattern]) => pattern.test(password)).length < defaultClasses) {
    throw violation(
      'Password should have three of these: uppercase letters, lowercase letters, numbers, symbols',
    )
  }
}

function requireLength(password: string, least: number): void {
  if ([...password].length < least) throw violation(`Password should have a minimum length of ${least}`)
}

function violation(message: string): Refusal {
  return new Refusal('password.violation', { said: { message } })
}
