import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import supertest from 'supertest'
import { allow, policyOf } from '../support/aws-calls.ts'
import { settingsOf, trustingDirectory } from '../support/directory-settings.ts'
import { faultIn, postForm, resultIn } from '../support/post-form.ts'
import { type Keys, startRolecall } from '../support/rolecall.ts'
import { groupDn, sambaDirectory, skipWithoutSamba } from '../support/samba.ts'
import { groupOfNamesDn, skipWithoutSlapd, startSlapd } from '../support/slapd.ts'

const action = 'AssumeRoleWithLDAPIdentity'
const version = { Action: action, Version: '2011-06-15' }

for (const { kind, called, skip, dnOf, start } of [
  {
    kind: 'ad',
    called: 'Active Directory',
    skip: skipWithoutSamba,
    dnOf: groupDn,
    start: async () => sambaDirectory(),
  },
  { kind: 'ldap', called: 'OpenLDAP', skip: skipWithoutSlapd, dnOf: groupOfNamesDn, start: startSlapd },
] as const) {
  describe(`${action} at ${called}`, { skip }, async () => {
    if (skip) return
    const directory = await start()
    const rolecall = await startRolecall({
      ...settingsOf(directory, kind),
      // In another spelling than the directory's.
      LDAP_GROUP_ROLES: JSON.stringify({
        [dnOf('operators').toUpperCase()]: 'operator',
        [dnOf('all-staff').replace('all', 'ALL').replaceAll(',', ' , ')]: ['developer', 'closed'],
      }),
    })
    const open = await startRolecall(settingsOf(directory, kind))
    let count = 0
    const { accountId, roleArn } = rolecall
    const inStaff = { 'ForAnyValue:StringEquals': { 'ldap:groupNames': 'all-staff' } }
    await rolecall.createRole('developer', trustingDirectory(accountId, inStaff))
    await rolecall.createRole('operator', trustingDirectory(accountId))
    await rolecall.createRole(
      'closed',
      trustingDirectory(accountId, { StringEquals: { 'ldap:username': 'ben' } }),
    )
    await rolecall.createRole('unlisted', trustingDirectory(accountId))

    const as = (name: string, password = directory.passwords[name] ?? '') => ({
      LDAPUsername: name,
      LDAPPassword: password,
    })
    const ask = (form: Record<string, string>) => postForm(rolecall, { ...version, ...form })
    const keysIn = (answer: Awaited<ReturnType<typeof ask>>): Keys => {
      const { AccessKeyId, SecretAccessKey, SessionToken } = Object(resultIn(action, answer).Credentials)
      return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
    }
    const whoIs = (keys: Keys) => rolecall.sts(keys).send(new GetCallerIdentityCommand({}))

    test('gives the first role of their groups, nested ones too, in the form of MinIO’s clients in Go', async () => {
      const answer = await ask(as('ada'))
      assert.equal(answer.status, 200, answer.xml)
      assert.match(answer.xml, /xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/"/)
      const { Arn } = await whoIs(keysIn(answer))
      assert.equal(Arn, `arn:aws:sts::${accountId}:assumed-role/developer/ada`)
    })

    test('takes what MinIO’s clients in Python and Java send: all of it in the address, and an empty body', async () => {
      const query = new URLSearchParams({ ...version, ...as('ben'), DurationSeconds: '900' })
      const answer = await supertest(`http://127.0.0.1:${rolecall.port}`).post(`/?${query}`)
      const keys = keysIn({ status: answer.status, headers: answer.headers, xml: answer.text })
      assert.match((await whoIs(keys)).Arn ?? '', /:assumed-role\/operator\/ben$/)
    })

    test('gives another of their roles when it is asked for', async () => {
      assert.equal((await ask({ ...as('ada'), RoleArn: roleArn('developer') })).status, 200)
    })

    for (const [story, form] of [
      ['a role of somebody else’s group', { ...as('ada'), RoleArn: roleArn('operator') }],
      ['a role of their group that does not trust them', { ...as('ada'), RoleArn: roleArn('closed') }],
      ['a role that trusts the directory and is in no rule', { ...as('ada'), RoleArn: roleArn('unlisted') }],
      ['a role that is not there', { ...as('ada'), RoleArn: roleArn('missing') }],
      ['no role, to somebody whose groups have none', as('nobody-else')],
    ] as const) {
      test(`refuses ${story}`, async () => {
        assert.deepEqual(faultIn(await ask(form)), {
          code: 'AccessDenied',
          status: 403,
          message: `Not authorized to perform sts:${action}`,
          type: 'Sender',
        })
      })
    }

    test('refuses whoever the directory refuses in the same words', async () => {
      const refusals = await Promise.all(
        [
          as('ada', 'wrong'),
          as('nobody', 'x'),
          as('grace'),
          as('olga'),
          as('lena'),
          as('mia'),
          as('pia'),
        ].map(async form => faultIn(await ask(form))),
      )
      for (const refusal of refusals) {
        assert.deepEqual(refusal, {
          code: 'AccessDenied',
          status: 403,
          message: 'The user name or the password was refused',
          type: 'Sender',
        })
      }
      assert.match(rolecall.logged(), /disabled|locked/)
    })

    test('asks for a name and a password, and hears no empty one', async () => {
      for (const form of [
        { LDAPUsername: 'ada' },
        { ...as('ada'), LDAPPassword: '' },
        { LDAPPassword: 'x' },
      ]) {
        assert.equal(faultIn(await ask(form as Record<string, string>)).code, 'ValidationError')
      }
    })

    test('narrows by a session policy', async () => {
      const document = policyOf(allow('sts:GetCallerIdentity'), allow('iam:ListRoles'))
      await rolecall
        .iam()
        .send(new PutRolePolicyCommand({ RoleName: 'developer', PolicyName: 'p', PolicyDocument: document }))
      const narrow = keysIn(await ask({ ...as('ada'), Policy: policyOf(allow('sts:GetCallerIdentity')) }))
      const { ListRolesCommand } = await import('@aws-sdk/client-iam')
      await assert.rejects(rolecall.iam(narrow).send(new ListRolesCommand({})), /no session policy allows/)
      const wide = keysIn(await ask(as('ada')))
      await rolecall.iam(wide).send(new ListRolesCommand({}))
    })

    test('leaves in the audit log who it was, and nowhere a password', async () => {
      await ask(as('ada'))
      await ask(as('ada', 'not-her-password'))
      const { Events = [] } = await rolecall.cloudTrail().send(
        new LookupEventsCommand({
          LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: action }],
        }),
      )
      const records = Events.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent ?? ''))
      const provider = `arn:aws:iam::${accountId}:ldap-provider/directory`
      assert.ok(records.some(({ userIdentity }) => userIdentity.identityProvider === provider))
      const written = rolecall.logged() + JSON.stringify(records)
      assert.ok(!written.includes(directory.passwords.ada ?? '') && !written.includes('not-her-password'))
      assert.ok(!written.includes(directory.bindPassword))
    })

    describe('without rules for groups', () => {
      const provider = `arn:aws:iam::${accountId}:ldap-provider/directory`
      for (const [key, operator, value, isIn] of [
        ['ldap:username', 'StringEquals', 'ada', true],
        ['ldap:username', 'StringEquals', 'ben', false],
        ['ldap:dn', 'StringEqualsIgnoreCase', `CN=Ada Lovelace,OU=People,${directory.baseDn}`, kind === 'ad'],
        ['ldap:dn', 'StringEqualsIgnoreCase', `uid=ada,ou=People,${directory.baseDn}`, kind === 'ldap'],
        ['ldap:upn', 'StringEquals', 'ada@rolecall.test', kind === 'ad'],
        ['ldap:groups', 'ForAnyValue:StringEquals', dnOf('engineers'), true],
        ['ldap:groups', 'ForAnyValue:StringEquals', dnOf('operators'), false],
        ['ldap:groupNames', 'ForAnyValue:StringEquals', 'Küche, Bar + Grill', true],
        ['aws:FederatedProvider', 'StringEquals', provider.replace(accountId, '*'), false],
        ['sts:RoleSessionName', 'StringEquals', 'ada', true],
      ] as const) {
        test(`${isIn ? 'admits' : 'does not admit'} ada by ${operator} on ${key} ${value}`, async () => {
          const name = `role-${count++}`
          await open.createRole(name, trustingDirectory(open.accountId, { [operator]: { [key]: value } }))
          const answer = await postForm(open, { ...version, ...as('ada'), RoleArn: open.roleArn(name) })
          assert.equal(answer.status, isIn ? 200 : 403, answer.xml)
        })
      }

      test('no role is found where none is asked for', async () => {
        assert.equal(faultIn(await postForm(open, { ...version, ...as('ada') })).code, 'AccessDenied')
      })
    })
  })
}

test('without a directory there is nobody to log in', async () => {
  const rolecall = await startRolecall()
  const answer = await postForm(rolecall, { ...version, LDAPUsername: 'ada', LDAPPassword: 'x' })
  const { code, message } = faultIn(answer)
  assert.deepEqual([code, message], ['ValidationError', 'No directory is set up here'])
})
