import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { keysOf } from '../support/aws-calls.ts'
import { addMember, asAdmin, changeEntry, removeMember } from '../support/directory.ts'
import { settingsOf, trustingDirectory } from '../support/directory-settings.ts'
import { createHttpBrowser, locationOf } from '../support/http-browser.ts'
import { postForm, resultIn } from '../support/post-form.ts'
import { type Keys, startRolecall, type TestRolecall } from '../support/rolecall.ts'
import { addPerson, groupDn, sambaDirectory, skipWithoutSamba } from '../support/samba.ts'
import { groupOfNamesDn, skipWithoutSlapd, startSlapd, uidDn } from '../support/slapd.ts'
import { until } from '../support/until.ts'

const action = 'AssumeRoleWithLDAPIdentity'
const recheck = { LDAP_RECHECK_SECONDS: '2' }

async function logIn(rolecall: TestRolecall, LDAPUsername: string, LDAPPassword: string): Promise<Keys> {
  const form = {
    Action: action,
    Version: '2011-06-15',
    LDAPUsername,
    LDAPPassword,
    RoleArn: rolecall.roleArn('staff'),
  }
  const answer = await postForm(rolecall, form)
  const { AccessKeyId, SecretAccessKey, SessionToken } = Object(resultIn(action, answer).Credentials)
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

async function lives(rolecall: TestRolecall, keys: Keys): Promise<boolean> {
  try {
    await rolecall.sts(keys).send(new GetCallerIdentityCommand({}))
    return true
  } catch (error) {
    assert.equal((error as { Code?: string }).Code, 'InvalidClientTokenId')
    return false
  }
}

/** The service's clock is moved over the time that is promised; its timer needs a moment of the real one. */
async function untilDead(rolecall: TestRolecall, keys: Keys): Promise<void> {
  rolecall.advanceMs(2_000)
  await until(async () => !(await lives(rolecall, keys)))
}

describe('sessions of people in Active Directory', { skip: skipWithoutSamba }, async () => {
  if (skipWithoutSamba) return
  const samba = sambaDirectory()
  const rolecall = await startRolecall({ ...settingsOf(samba, 'ad'), ...recheck })
  const { accountId, roleArn } = rolecall
  await rolecall.createRole('staff', trustingDirectory(accountId))
  await rolecall.createRole('inner', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: roleArn('staff') }, Action: 'sts:AssumeRole' },
  })
  const password = 'Aa1-of-somebody'
  const person = (name: string) =>
    addPerson(samba, { name, fullName: name, mail: `${name}@example.test` }, password)

  test('end when the account is disabled, with what they got along a chain; others go on', async () => {
    const [dn] = [await person('leaver'), await person('stayer')]
    const [leaver, stayer] = [
      await logIn(rolecall, 'leaver', password),
      await logIn(rolecall, 'stayer', password),
    ]
    const asked = new AssumeRoleCommand({ RoleArn: roleArn('inner'), RoleSessionName: 'deeper' })
    const inner = keysOf(await rolecall.sts(leaver).send(asked))
    await changeEntry(samba, dn, { userAccountControl: '514' })
    await untilDead(rolecall, leaver)
    assert.deepEqual([await lives(rolecall, inner), await lives(rolecall, stayer)], [false, true])
    assert.match(rolecall.logged(), /"why":"disabled"/)
    const { Events = [] } = await rolecall.cloudTrail().send(
      new LookupEventsCommand({
        LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'RevokeSessions' }],
      }),
    )
    assert.ok(Events.some(({ CloudTrailEvent }) => CloudTrailEvent?.includes(':ldap-provider/directory')))
  })

  test('end when they leave a group, however deep it lies; and they may sign in again as what they are now', async () => {
    const dn = await person('mover')
    await addMember(samba, groupDn('operators'), dn)
    await asAdmin(samba, async client => {
      await client.add(`CN=deep,${samba.groupsDn}`, { objectClass: 'group', sAMAccountName: 'deep' })
    })
    await addMember(samba, `CN=deep,${samba.groupsDn}`, groupDn('operators'))
    const keys = await logIn(rolecall, 'mover', password)
    await removeMember(samba, `CN=deep,${samba.groupsDn}`, groupDn('operators'))
    await untilDead(rolecall, keys)
    rolecall.advanceMs(1_000)
    assert.equal(await lives(rolecall, await logIn(rolecall, 'mover', password)), true)
  })

  test('end when the person is gone, even if somebody new has their name', async () => {
    const dn = await person('namesake')
    const keys = await logIn(rolecall, 'namesake', password)
    await asAdmin(samba, client => client.del(dn))
    await person('namesake')
    await untilDead(rolecall, keys)
    rolecall.advanceMs(1_000)
    assert.equal(await lives(rolecall, await logIn(rolecall, 'namesake', password)), true)
  })
})

describe('sessions of people in OpenLDAP', { skip: skipWithoutSlapd }, async () => {
  if (skipWithoutSlapd) return
  const slapd = await startSlapd()
  const rolecall = await startRolecall({ ...settingsOf(slapd, 'ldap'), ...recheck })
  const { url } = rolecall
  await rolecall.createRole('staff', trustingDirectory(rolecall.accountId))
  const password = (name: string) => slapd.passwords[name] ?? assert.fail(name)

  test('end in the browser as well: it can’t get new credentials for the rest of its hour', async () => {
    const browser = createHttpBrowser()
    await browser.post(`${url}/sign-in/directory`, { username: 'ben', password: password('ben') })
    const keys = await logIn(rolecall, 'ben', password('ben'))
    assert.equal((await browser.get(`${url}/roles`)).status, 200)
    await changeEntry(slapd, uidDn('ben'), { pwdAccountLockedTime: '000001010000Z' })
    await untilDead(rolecall, keys)
    assert.equal(locationOf(await browser.get(`${url}/roles`))?.searchParams.get('notice'), 'required')
    const role = rolecall.roleArn('staff')
    const answer = await browser.post(`${url}/credentials`, { role, duration: '900' })
    assert.doesNotMatch(await answer.text(), /ASIA/)
  })

  test('end at the next log-in that shows fewer groups, before anybody looks again', async () => {
    const slow = await startRolecall(settingsOf(slapd, 'ldap'))
    await slow.createRole('staff', trustingDirectory(slow.accountId))
    const early = await logIn(slow, 'zoe', password('zoe'))
    await removeMember(slapd, groupOfNamesDn('developers'), uidDn('zoe'))
    slow.advanceMs(2_000)
    const late = await logIn(slow, 'zoe', password('zoe'))
    assert.deepEqual([await lives(slow, early), await lives(slow, late)], [false, true])
  })

  test('end then even if they are of the very same second', async () => {
    const same = await startRolecall(settingsOf(slapd, 'ldap'))
    await same.createRole('staff', trustingDirectory(same.accountId))
    await addMember(slapd, groupOfNamesDn('developers'), uidDn('eve'))
    const browser = createHttpBrowser()
    await browser.post(`${same.url}/sign-in/directory`, { username: 'ada', password: password('ada') })
    same.advanceMs(2_000)
    await removeMember(slapd, groupOfNamesDn('developers'), uidDn('ada'))
    const role = same.roleArn('staff')
    // Begun while the session still stands, and finished when it does not: the body is on its way.
    const [answer, late] = await Promise.all([
      browser.post(`${same.url}/credentials`, { role, duration: '900' }),
      logIn(same, 'ada', password('ada')),
    ])
    const json = /<pre id="json"[^>]*>([^<]+)</.exec(await answer.text())?.[1]?.replaceAll('&#34;', '"')
    const early = JSON.parse(json ?? '{}')
    assert.ok(early.AccessKeyId, 'the credentials were out before the log-in was over')
    const keys = {
      accessKeyId: early.AccessKeyId,
      secretAccessKey: early.SecretAccessKey,
      sessionToken: early.SessionToken,
    }
    assert.deepEqual([await lives(same, keys), await lives(same, late)], [false, true])
  })

  test('live on while the directory does not answer, and while an account is locked by somebody’s guesses', async () => {
    const keys = await logIn(rolecall, 'ada', password('ada'))
    await changeEntry(slapd, uidDn('ada'), { pwdAccountLockedTime: '20260101000000Z' })
    rolecall.advanceMs(2_000)
    await slapd.stop()
    rolecall.advanceMs(2_000)
    await until(() => /could not be looked up/.test(rolecall.logged()))
    assert.equal(await lives(rolecall, keys), true)
  })
})
