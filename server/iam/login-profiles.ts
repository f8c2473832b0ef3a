import { defineAction } from '../aws/action.ts'
import { flag, optional, params, text } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import { isPassword } from '../credentials/password-hash.ts'
import type { LoginProfile } from '../store/login-profiles.ts'
import type { User } from '../store/users.ts'
import { choosePassword } from './choose-password.ts'
import type { IamDeps } from './deps.ts'
import { user as holder, requireHolder } from './holders.ts'
import * as given from './parameters.ts'
import { on } from './permissions.ts'
import { wireDate } from './shapes.ts'
import { nameOrOwn } from './users.ts'

const password = text({
  min: 1,
  max: 128,
  pattern: /^[\u0009\u000a\u000d\u0020-\u00ff]+$/,
  patternText: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
  secret: true,
})

/**
 * @throws {Refusal} entity.missing | entity.exists | password.violation
 * @see AWS IAM API reference, CreateLoginProfile
 */
export const createLoginProfile = defineAction({
  name: 'CreateLoginProfile',
  auth: 'signed',
  writes: true,
  input: params({
    UserName: optional(given.existingName),
    Password: password,
    PasswordResetRequired: optional(flag(), false),
  }),
  permission: (asked, deps: IamDeps, caller) =>
    on(holder, 'CreateLoginProfile', nameOrOwn(asked.UserName, caller), deps),
  async handle(asked, deps, { caller }) {
    const user = await requireHolder(holder, nameOrOwn(asked.UserName, caller), deps)
    const nowMs = deps.clock()
    const profile: LoginProfile = {
      userId: user.id,
      ...(await choosePassword(asked.Password, undefined, deps)),
      resetRequired: asked.PasswordResetRequired,
      createdAtMs: nowMs,
      changedAtMs: nowMs,
    }
    await deps.loginProfiles.create(profile, user.name)
    return { LoginProfile: wireProfile(user, profile) }
  },
})

/**
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, GetLoginProfile
 */
export const getLoginProfile = defineAction({
  name: 'GetLoginProfile',
  auth: 'signed',
  input: params({ UserName: optional(given.existingName) }),
  permission: (asked, deps: IamDeps, caller) =>
    on(holder, 'GetLoginProfile', nameOrOwn(asked.UserName, caller), deps),
  async handle(asked, deps, { caller }) {
    const user = await requireHolder(holder, nameOrOwn(asked.UserName, caller), deps)
    return { LoginProfile: wireProfile(user, await requireProfile(user, deps)) }
  },
})

/**
 * @throws {Refusal} entity.missing | password.violation
 * @see AWS IAM API reference, UpdateLoginProfile
 */
export const updateLoginProfile = defineAction({
  name: 'UpdateLoginProfile',
  auth: 'signed',
  writes: true,
  input: params({
    UserName: given.existingName,
    Password: optional(password),
    PasswordResetRequired: optional(flag()),
  }),
  permission: (asked, deps: IamDeps) => on(holder, 'UpdateLoginProfile', asked.UserName, deps),
  async handle(asked, deps) {
    const user = await requireHolder(holder, asked.UserName, deps)
    await change(user, deps, async before => ({
      ...(asked.Password === undefined
        ? {}
        : { ...(await choosePassword(asked.Password, before, deps)), changedAtMs: deps.clock() }),
      ...(asked.PasswordResetRequired === undefined ? {} : { resetRequired: asked.PasswordResetRequired }),
    }))
    return {}
  },
})

/**
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, DeleteLoginProfile
 */
export const deleteLoginProfile = defineAction({
  name: 'DeleteLoginProfile',
  auth: 'signed',
  writes: true,
  input: params({ UserName: optional(given.existingName) }),
  permission: (asked, deps: IamDeps, caller) =>
    on(holder, 'DeleteLoginProfile', nameOrOwn(asked.UserName, caller), deps),
  async handle(asked, deps, { caller }) {
    const user = await requireHolder(holder, nameOrOwn(asked.UserName, caller), deps)
    if (!(await deps.loginProfiles.delete(user.id))) throw noProfile(user)
    return {}
  },
})

/**
 * A user's own, who knows the present one: whoever found the access key alone must not take the account over. A few
 * wrong ones, and the user waits.
 *
 * @throws {Refusal} password.userType | password.wrong | password.violation | entity.missing | request.throttled
 * @see AWS IAM API reference, ChangePassword
 */
export const changePassword = defineAction({
  name: 'ChangePassword',
  auth: 'signed',
  writes: true,
  input: params({ OldPassword: password, NewPassword: password }),
  permission: (_asked, deps: IamDeps, caller) => {
    if (caller.kind !== 'user') throw new Refusal('password.userType')
    return on(holder, 'ChangePassword', caller.user.name, deps)
  },
  async handle(asked, deps, { caller }) {
    if (caller.kind !== 'user') throw new Refusal('password.userType')
    const user = await requireHolder(holder, caller.user.name, deps)
    await change(user, deps, async before => {
      deps.passwordGuesses.requireToken(user.id)
      if (!(await isPassword(asked.OldPassword, before.hash))) throw new Refusal('password.wrong')
      deps.passwordGuesses.giveBack(user.id)
      return {
        ...(await choosePassword(asked.NewPassword, before, deps)),
        changedAtMs: deps.clock(),
        resetRequired: false,
      }
    })
    return {}
  },
})

/**
 * Of two changes at once the second sees what the first one made, or is told.
 * @throws {Refusal} entity.changed | entity.missing
 */
async function change(
  user: User,
  deps: IamDeps,
  changeOf: (before: LoginProfile) => Promise<Partial<LoginProfile>>,
): Promise<void> {
  const before = await requireProfile(user, deps)
  if (await deps.loginProfiles.replace(before, { ...before, ...(await changeOf(before)) })) return
  throw new Refusal('entity.changed')
}

async function requireProfile(user: User, { loginProfiles }: IamDeps): Promise<LoginProfile> {
  const profile = await loginProfiles.find(user.id)
  if (profile === undefined) throw noProfile(user)
  return profile
}

function noProfile({ name }: User): Refusal {
  return new Refusal('entity.missing', {
    said: { message: `Login Profile for User ${name} cannot be found.` },
  })
}

function wireProfile(user: User, { createdAtMs, resetRequired }: LoginProfile) {
  return { UserName: user.name, CreateDate: wireDate(createdAtMs), PasswordResetRequired: resetRequired }
}
