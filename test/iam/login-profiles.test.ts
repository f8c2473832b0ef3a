import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import * as iam from '@aws-sdk/client-iam'
import { allow, faultOf, policyOf } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { startRolecall } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const root = rolecall.iam()
const entities = entitiesOf(rolecall)
const first = 'Correct-horse-1'
const second = 'Battery-staple-2'

/** A user with a password, who may change it. */
async function userWithPassword(UserName: string) {
  const keys = await entities.user(UserName)
  await root.send(
    new iam.PutUserPolicyCommand({
      UserName,
      PolicyName: 'own',
      PolicyDocument: policyOf(allow('iam:ChangePassword', entities.userArn(UserName))),
    }),
  )
  await root.send(new iam.CreateLoginProfileCommand({ UserName, Password: first }))
  const client = rolecall.iam(keys)
  return (OldPassword: string, NewPassword: string) =>
    client.send(new iam.ChangePasswordCommand({ OldPassword, NewPassword }))
}

const get = async (UserName: string) =>
  (await root.send(new iam.GetLoginProfileCommand({ UserName }))).LoginProfile
const update = (UserName: string, more: object) =>
  root.send(new iam.UpdateLoginProfileCommand({ UserName, ...more }))
const setPolicy = (policy: iam.UpdateAccountPasswordPolicyCommandInput) =>
  root.send(new iam.UpdateAccountPasswordPolicyCommand(policy))

test('a login profile is made, read, marked for a reset, and deleted; its user can’t go before it', async () => {
  await entities.user('ada')
  const { LoginProfile } = await root.send(
    new iam.CreateLoginProfileCommand({ UserName: 'ada', Password: first }),
  )
  assert.deepEqual(
    { ...LoginProfile, CreateDate: 0 },
    { UserName: 'ada', CreateDate: 0, PasswordResetRequired: false },
  )
  const again = await faultOf(
    root.send(new iam.CreateLoginProfileCommand({ UserName: 'ada', Password: first })),
  )
  assert.deepEqual(
    [again.code, again.message],
    ['EntityAlreadyExists', 'Login Profile for user ada already exists.'],
  )
  await update('ada', { PasswordResetRequired: true })
  assert.equal((await get('ada'))?.PasswordResetRequired, true)

  const left = await faultOf(root.send(new iam.DeleteUserCommand({ UserName: 'ada' })))
  assert.equal(left.code, 'DeleteConflict')
  await root.send(new iam.DeleteLoginProfileCommand({ UserName: 'ada' }))
  const gone = await faultOf(get('ada'))
  assert.deepEqual([gone.code, gone.message], ['NoSuchEntity', 'Login Profile for User ada cannot be found.'])
  assert.equal((await faultOf(update('ada', { Password: second }))).code, 'NoSuchEntity')
})

test('who knows the password changes it, and the one before counts no more', async () => {
  const change = await userWithPassword('grace')
  await update('grace', { PasswordResetRequired: true })
  await change(first, second)
  assert.equal((await get('grace'))?.PasswordResetRequired, false)
  const { code, status, message } = await faultOf(change(first, 'Something-else-3'))
  assert.deepEqual([code, status, message], ['AccessDenied', 403, 'The old password was incorrect.'])
  await change(second, first)
})

test('whoever holds the access key alone has few guesses, and the user waits with them', async () => {
  const change = await userWithPassword('linus')
  for (let n = 0; n < 5; n++) assert.equal((await faultOf(change(`Guess-${n}`, second))).code, 'AccessDenied')
  assert.equal((await faultOf(change(first, second))).code, 'Throttling')
  rolecall.advanceMs(60_000)
  await change(first, second)
})

test('only a user has a password to change', async () => {
  const change = new iam.ChangePasswordCommand({ OldPassword: first, NewPassword: second })
  const { code, message } = await faultOf(root.send(change))
  assert.deepEqual([code, message], ['InvalidUserType', 'Only IAM Users can change their own password'])
})

test('a user without leave to change the password may not, though they know it', async () => {
  const UserName = 'plain'
  const client = rolecall.iam(await entities.user(UserName))
  await root.send(new iam.CreateLoginProfileCommand({ UserName, Password: first }))
  const change = new iam.ChangePasswordCommand({ OldPassword: first, NewPassword: second })
  const { code, message } = await faultOf(client.send(change))
  assert.equal(code, 'AccessDenied')
  assert.match(message, /no identity-based policy allows the iam:ChangePassword action/)
})

test('of two changes at once one is made, and the other is told', async () => {
  const change = await userWithPassword('twice')
  const answers = await Promise.allSettled([change(first, second), change(first, 'Third-password-3')])
  const refused = answers.flatMap(answer => (answer.status === 'rejected' ? [answer.reason.name] : []))
  assert.equal(refused.length, 1)
  // Whether they met or came one after the other.
  assert.ok(['ConcurrentModificationException', 'AccessDenied'].includes(refused[0]), refused[0])
})

test('the account’s policy is set, read, and taken away; what is not given goes back to its default', async () => {
  await setPolicy({ MinimumPasswordLength: 20, RequireSymbols: true, MaxPasswordAge: 90 })
  await setPolicy({ RequireNumbers: true, PasswordReusePrevention: 2 })
  const { PasswordPolicy } = await root.send(new iam.GetAccountPasswordPolicyCommand())
  assert.deepEqual(PasswordPolicy, {
    MinimumPasswordLength: 6,
    RequireSymbols: false,
    RequireNumbers: true,
    RequireUppercaseCharacters: false,
    RequireLowercaseCharacters: false,
    AllowUsersToChangePassword: false,
    ExpirePasswords: false,
    PasswordReusePrevention: 2,
    HardExpiry: false,
  })
  await root.send(new iam.DeleteAccountPasswordPolicyCommand())
  for (const gone of [
    new iam.GetAccountPasswordPolicyCommand(),
    new iam.DeleteAccountPasswordPolicyCommand(),
  ]) {
    assert.equal((await faultOf(root.send(gone as iam.GetAccountPasswordPolicyCommand))).code, 'NoSuchEntity')
  }
})

test('a policy that remembers two passwords takes the third again', async () => {
  await entities.user('memory')
  await setPolicy({ PasswordReusePrevention: 2 })
  await root.send(new iam.CreateLoginProfileCommand({ UserName: 'memory', Password: 'one-one' }))
  await update('memory', { Password: 'two-two' })
  for (const Password of ['one-one', 'two-two']) {
    const { code, message } = await faultOf(update('memory', { Password }))
    assert.deepEqual([code, message], ['PasswordPolicyViolation', 'Password was used before'])
  }
  await update('memory', { Password: 'three-three' })
  await update('memory', { Password: 'one-one' })
  await root.send(new iam.DeleteAccountPasswordPolicyCommand())
})

for (const [story, policy, password, message] of [
  ['too short by default', undefined, 'Aa1-567', 'Password should have a minimum length of 8'],
  ['of two kinds of characters by default', undefined, 'abcdefgh1', /^Password should have three of these/],
  ['too short', { MinimumPasswordLength: 20 }, first, 'Password should have a minimum length of 20'],
  [
    'without an uppercase letter',
    { RequireUppercaseCharacters: true },
    'abc-1234',
    'Password should have at least one uppercase letter',
  ],
  [
    'without a lowercase letter',
    { RequireLowercaseCharacters: true },
    'ABC-1234',
    'Password should have at least one lowercase letter',
  ],
  ['without a number', { RequireNumbers: true }, 'abc-abcd', 'Password should have at least one number'],
  ['without a symbol', { RequireSymbols: true }, 'abc12345', 'Password should have at least one symbol'],
] as const) {
  test(`a password ${story} is refused, and said why`, async () => {
    if (policy !== undefined) await setPolicy(policy)
    const UserName = story.replaceAll(' ', '-')
    await entities.user(UserName)
    const fault = await faultOf(
      root.send(new iam.CreateLoginProfileCommand({ UserName, Password: password })),
    )
    assert.deepEqual([fault.code, fault.status], ['PasswordPolicyViolation', 400])
    assert.match(fault.message, typeof message === 'string' ? new RegExp(`^${message}$`) : message)
    if (policy !== undefined) await root.send(new iam.DeleteAccountPasswordPolicyCommand())
  })
}

test('what is kept is argon2id, and no password is in the log or in the audit', async () => {
  const user = await rolecall.rolecall.store.users.find('grace')
  const profile = await rolecall.rolecall.store.loginProfiles.find(user?.id ?? '')
  assert.match(profile?.hash ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  const { Events } = await rolecall.cloudTrail().send(new LookupEventsCommand({}))
  for (const text of [rolecall.logged(), JSON.stringify(Events)]) {
    for (const password of [first, second]) assert.ok(!text.includes(password))
  }
})

test('the credential report tells who has a password, and since when', async () => {
  await root.send(new iam.GenerateCredentialReportCommand())
  const { Content } = await root.send(new iam.GetCredentialReportCommand())
  const [head = '', ...lines] = Buffer.from(Content ?? [])
    .toString()
    .split('\n')
  const columns = head.split(',')
  const cell = (user: string, column: string) =>
    lines.find(line => line.startsWith(`${user},`))?.split(',')[columns.indexOf(column)]
  assert.deepEqual([cell('grace', 'password_enabled'), cell('ada', 'password_enabled')], ['true', 'false'])
  assert.match(cell('grace', 'password_last_changed') ?? '', /^\d{4}-\d\d-\d\dT/)
  assert.equal(cell('ada', 'password_last_changed'), 'N/A')
})
