import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { usualFilters } from '../../server/directory/settings.ts'
import type { DirectoryConfig } from '../../server/settings/directory-settings.ts'
import type { Directory } from '../support/directory.ts'
import { parsedSettingsOf } from '../support/directory-settings.ts'
import { freePort } from '../support/free-port.ts'
import { startRolecall } from '../support/rolecall.ts'
import { groupDn, sambaDirectory, skipWithoutSamba } from '../support/samba.ts'
import { makeCertificate } from '../support/server-certificate.ts'
import { groupOfNamesDn, type Slapd, skipWithoutSlapd, startSlapd } from '../support/slapd.ts'
import { openForTest, textOf, walk } from './open-for-test.ts'

const samba = skipWithoutSamba ? ({} as Directory) : sambaDirectory()
const slapd = skipWithoutSlapd ? ({} as Slapd) : await startSlapd()
const rolecall = await startRolecall()
const arn = `arn:aws:iam::${rolecall.accountId}:ldap-provider/corp`
const trust = { Effect: 'Allow', Principal: { Federated: arn }, Action: 'sts:AssumeRoleWithLDAPIdentity' }
const developer = await rolecall.createRole('developer', { Version: '2012-10-17', Statement: trust })

const kinds = [
  { kind: 'ad', called: 'Active Directory', of: samba, skip: skipWithoutSamba, dnOf: groupDn },
  { kind: 'ldap', called: 'OpenLDAP', of: slapd, skip: skipWithoutSlapd, dnOf: groupOfNamesDn },
] as const

for (const { kind, called, of, skip, dnOf } of kinds) {
  describe(`a directory of ${called}`, { skip }, () => {
    const host = skip ? '' : new URL(of.tlsUrl).hostname
    const directory: DirectoryConfig = {
      name: 'corp',
      urls: [of.tlsUrl],
      kind,
      baseDn: of.baseDn,
      groupBaseDn: of.baseDn,
      bind: { dn: of.bindDn, password: of.bindPassword },
      caFile: of.caFile,
      startTls: false,
      ...usualFilters[kind],
      groupRoles: [],
      recheckMs: 300_000,
    }
    const inspect = async (more: Partial<DirectoryConfig> = {}, user?: string) => {
      const deps = await openForTest(
        { ROLECALL_DATA_DIR: rolecall.dataDir },
        { directory: { ...directory, ...more } },
      )
      return walk('corp', deps, { user })
    }

    test('that is well has no problem, by TLS or StartTLS', async () => {
      for (const more of [{}, { urls: [of.url], startTls: true }]) {
        const { wrong, step } = await inspect(more)
        assert.deepEqual(
          wrong.filter(one => !one.includes('TLS certificate')),
          [],
        )
        assert.match(step(`TLS certificate of ${host}`).says, /expires in|Good for/)
        assert.equal(step('LDAP_BASE_DN').outcome, 'ok')
        assert.equal(step('Clock').outcome, kind === 'ad' ? 'ok' : 'skipped')
      }
    })

    test('finds somebody, their groups, the rules for these and the roles', async () => {
      const groupRoles = [{ groupDn: dnOf('engineers'), role: 'developer' }]
      const { step } = await inspect({ groupRoles }, 'ada')
      assert.match(step('Account').says, /^Active, known as ada, identifier [0-9a-f-]{36}\.$/)
      assert.match(step('Groups').says, /engineers/i)
      assert.equal(step('Rules for groups').says, `Of 1 rules these apply: ${developer}`)
      assert.equal(step('Roles').says, `May have: ${developer}`)
    })

    test('without rules the trust policies alone decide', async () => {
      const { step } = await inspect({}, 'ben')
      assert.match(step('Rules for groups').says, /There are none/)
      assert.equal(step('Roles').says, `May have: ${developer}`)
    })

    for (const [story, more, user, check, text] of [
      [
        'a password of the service that is wrong',
        { bind: { dn: of.bindDn, password: 'wrong' } },
        undefined,
        'Signing in as the service',
        /is refused: wrongPassword\. → Correct LDAP_BIND_DN/,
      ],
      [
        'a base that is not there',
        { baseDn: `ou=nowhere,${of.baseDn}` },
        undefined,
        'LDAP_BASE_DN',
        /no such entry.* → Correct LDAP_BASE_DN/,
      ],
      [
        'a filter that is none',
        { personFilter: '({username})' },
        undefined,
        'Person',
        /The search fails: .* → Correct LDAP_PERSON_FILTER/,
      ],
      [
        'a server that is not there',
        { urls: ['ldaps://127.0.0.1:1'] },
        undefined,
        'TLS certificate of 127.0.0.1',
        /No TLS connection came about: .*ECONNREFUSED/,
      ],
      ['a name that is nobody’s', {}, 'nobody-at-all', 'Person', /nobody has this name\. → Compare the name/],
      ['somebody who is disabled', {}, 'grace', 'Account', /May not sign in: disabled/],
      [
        'rules that are for other groups',
        { groupRoles: [{ groupDn: dnOf('operators'), role: 'developer' }] },
        'ada',
        'Rules for groups',
        /None of the 1 rules is for a group of theirs\. → Add a rule/,
      ],
    ] as const) {
      test(`${story} is a problem, with what to change`, async () => {
        const { step } = await inspect(more, user)
        assert.equal(step(check).outcome, 'problem', textOf(step(check)))
        assert.match(textOf(step(check)), text)
      })
    }

    test('no password is printed', async () => {
      const { steps } = await inspect({}, 'ada')
      assert.ok(!JSON.stringify(steps).includes(of.bindPassword))
    })
  })
}

describe('servers of one directory', { skip: skipWithoutSlapd }, () => {
  test('are each looked at; one that answers is asked for people', async () => {
    const deps = await openForTest(
      { ROLECALL_DATA_DIR: rolecall.dataDir },
      {
        directory: {
          name: 'corp',
          urls: [`ldap://127.0.0.1:${await freePort()}`, slapd.url],
          kind: 'ldap',
          baseDn: slapd.baseDn,
          groupBaseDn: slapd.baseDn,
          bind: { dn: slapd.bindDn, password: slapd.bindPassword },
          startTls: false,
          ...usualFilters.ldap,
          groupRoles: [],
          recheckMs: 300_000,
        },
      },
    )
    const { steps } = await walk('ldap', deps, { user: 'ada' })
    const signingIn = steps.filter(({ check }) => check === 'Signing in as the service')
    assert.deepEqual(
      signingIn.map(({ outcome }) => outcome),
      ['problem', 'ok'],
    )
    assert.ok(steps.some(({ check, outcome }) => check === 'Account' && outcome === 'ok'))
  })

  test('that another authority vouches for are not signed in to', async () => {
    const described = {
      name: 'corp',
      groupRoles: [],
      settings: { ...parsedSettingsOf(slapd, 'ldap'), ca: makeCertificate().cert },
    }
    assert.notEqual(described.settings.ca, readFileSync(slapd.caFile, 'utf8'))
    const deps = await openForTest({ ROLECALL_DATA_DIR: rolecall.dataDir })
    const { wrong, step } = await walk('corp', { ...deps, directory: described })
    assert.deepEqual(wrong, ['problem: TLS certificate of 127.0.0.1'])
    assert.match(textOf(step('TLS certificate of 127.0.0.1')), /SELF_SIGNED.* → .*LDAP_CA_FILE/)
    assert.equal(step('People').outcome, 'skipped')
  })
})
