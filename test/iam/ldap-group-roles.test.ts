import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allow } from '../support/aws-calls.ts'
import { settingsOf, trustingDirectory } from '../support/directory-settings.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { faultIn, postForm, resultIn } from '../support/post-form.ts'
import { type Keys, startRolecall } from '../support/rolecall.ts'
import { postSigned } from '../support/signed-form.ts'
import { groupOfNamesDn, skipWithoutSlapd, startSlapd } from '../support/slapd.ts'

const slapd = skipWithoutSlapd ? undefined : await startSlapd()
const rolecall = await startRolecall(slapd && settingsOf(slapd, 'ldap'))
const { accountId, roleArn } = rolecall

type Rule = readonly [group: string, role: string]
const put = (rules: readonly Rule[], keys?: Keys) =>
  postSigned(
    rolecall,
    'iam',
    {
      Action: 'PutLDAPGroupRoles',
      Version: '2010-05-08',
      ...(rules.length === 0 ? { GroupRoles: '' } : {}),
      ...Object.fromEntries(
        rules.flatMap(([group, role], index) => [
          [`GroupRoles.member.${index + 1}.GroupDN`, group],
          [`GroupRoles.member.${index + 1}.RoleArn`, role],
        ]),
      ),
    },
    keys,
  )
const get = (keys?: Keys) =>
  postSigned(rolecall, 'iam', { Action: 'GetLDAPGroupRoles', Version: '2010-05-08' }, keys)
const logIn = (name: string) =>
  postForm(rolecall, {
    Action: 'AssumeRoleWithLDAPIdentity',
    Version: '2011-06-15',
    LDAPUsername: name,
    LDAPPassword: slapd?.passwords[name] ?? '',
  })

test('rules are kept as they were written, and in their order; a new list takes the old one’s place', async () => {
  const rules = [
    ['CN=Zoë\\, (Ops),DC=example', roleArn('b')],
    ['cn=a,dc=example', roleArn('a')],
  ] as const
  assert.equal((await put(rules)).status, 200)
  const { GroupRoles } = resultIn('GetLDAPGroupRoles', await get())
  assert.deepEqual(
    Object(GroupRoles).member,
    rules.map(([GroupDN, RoleArn]) => ({ GroupDN, RoleArn })),
  )
  assert.equal((await put([])).status, 200)
  assert.equal(resultIn('GetLDAPGroupRoles', await get()).GroupRoles, '')
})

for (const [story, rule, message] of [
  ['a group without a name’s form', ['developers', roleArn('a')], /developers is not a distinguished name/],
  ['a role that is none', ['cn=a', `arn:aws:iam::${accountId}:user/a`], /is not the ARN of a role/],
] as const) {
  test(`${story} is refused`, async () => assert.match(faultIn(await put([rule])).message, message))
}

test('who may not set rules may not, and who may not read them may not', async () => {
  const keys = await entitiesOf(rolecall).user('reader', [allow('iam:GetLDAPGroupRoles')])
  assert.equal((await get(keys)).status, 200)
  assert.equal(faultIn(await put([], keys)).code, 'AccessDenied')
  const writer = await entitiesOf(rolecall).user('writer', [allow('iam:PutLDAPGroupRoles')])
  assert.equal((await put([], writer)).status, 200)
  assert.equal(faultIn(await get(writer)).code, 'AccessDenied')
})

test(
  'rules act at the next log-in, and the trust policy has the last word',
  { skip: skipWithoutSlapd },
  async () => {
    await rolecall.createRole('dev', trustingDirectory(accountId))
    await rolecall.createRole(
      'shut',
      trustingDirectory(accountId, { StringEquals: { 'ldap:username': 'nobody' } }),
    )
    assert.equal((await logIn('ada')).status, 403, 'no rule, no role')
    await put([[groupOfNamesDn('developers'), roleArn('dev')]])
    assert.equal((await logIn('ada')).status, 200)
    assert.equal((await logIn('ben')).status, 403)
    await put([[groupOfNamesDn('developers'), roleArn('shut')]])
    assert.equal((await logIn('ada')).status, 403)
  },
)
