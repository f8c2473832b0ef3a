import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { settingsOf, trustingDirectory } from '../support/directory-settings.ts'
import { startRolecall } from '../support/rolecall.ts'
import { groupOfNamesDn, type Slapd, skipWithoutSlapd, startSlapd } from '../support/slapd.ts'

describe('POST /token with a directory’s password', { skip: skipWithoutSlapd }, async () => {
  if (skipWithoutSlapd) return
  const slapd: Slapd = await startSlapd()
  const rolecall = await startRolecall({
    ...settingsOf(slapd, 'ldap'),
    LDAP_GROUP_ROLES: JSON.stringify({ [groupOfNamesDn('developers')]: 'developer' }),
  })
  const { url, accountId, roleArn } = rolecall
  await rolecall.createRole('developer', trustingDirectory(accountId))
  await rolecall.createRole('other', trustingDirectory(accountId))
  const ada = { grant_type: 'password', username: 'ada', password: slapd.passwords.ada ?? '' }

  async function ask(form: Record<string, string>): Promise<Record<string, unknown>> {
    const answer = await fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams(form) })
    const body: Record<string, unknown> = Object(await answer.json())
    return { ...body, status: answer.status }
  }

  test('gives credentials of the first role of their groups', async () => {
    const { status, token_type, credentials } = await ask(ada)
    assert.deepEqual([status, token_type], [200, 'N_A'])
    assert.match(Object(credentials).AccessKeyId, /^ASIA/)
  })

  test('gives those of the role that is asked for, and a bearer for an audience', async () => {
    const form = {
      ...ada,
      resource: roleArn('developer'),
      audience: 'https://api.example',
      duration_seconds: '900',
    }
    const { status, token_type, access_token } = await ask(form)
    assert.deepEqual([status, token_type], [200, 'Bearer'])
    const claims = JSON.parse(Buffer.from(String(access_token).split('.')[1] ?? '', 'base64url').toString())
    assert.equal(claims.aud, 'https://api.example')
  })

  for (const [story, form, error] of [
    ['a wrong password', { ...ada, password: 'wrong' }, 'invalid_grant'],
    ['somebody who is not there', { ...ada, username: 'nobody' }, 'invalid_grant'],
    [
      'a disabled account',
      { ...ada, username: 'grace', password: slapd.passwords.grace ?? '' },
      'invalid_grant',
    ],
    ['a role of another’s', { ...ada, resource: roleArn('other') }, 'invalid_target'],
    ['nobody’s role', { ...ada, username: 'ben', password: slapd.passwords.ben ?? '' }, 'invalid_target'],
    ['no password', { grant_type: 'password', username: 'ada' }, 'invalid_request'],
    ['no name', { grant_type: 'password', password: 'x' }, 'invalid_request'],
    ['a token beside the password', { ...ada, subject_token: 'x' }, 'invalid_request'],
    ['a scope', { ...ada, scope: 'all' }, 'invalid_scope'],
    [
      'a password beside a token',
      { ...ada, grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange' },
      'invalid_request',
    ],
  ] as const) {
    test(`refuses ${story} with ${error}`, async () => {
      assert.equal((await ask(form)).error, error)
    })
  }

  test('says the same whoever the directory refuses, and of how it is set up', async () => {
    const [wrong, unknown] = [
      await ask({ ...ada, password: 'wrong' }),
      await ask({ ...ada, username: 'nobody' }),
    ]
    assert.deepEqual(wrong, unknown)
  })

  test('is a grant that nobody knows where no directory is set up', async () => {
    const without = await startRolecall()
    const answer = await fetch(`${without.url}/token`, { method: 'POST', body: new URLSearchParams(ada) })
    assert.equal(Object(await answer.json()).error, 'unsupported_grant_type')
  })
})
