import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { createDirectory, type Directory } from '../../server/directory/directory.ts'
import { guidText } from '../../server/directory/object-id.ts'
import type { DirectorySettings } from '../../server/directory/settings.ts'
import { rolesOfGroups } from '../../server/identity/group-roles.ts'
import {
  addMember,
  asAdmin,
  changeEntry,
  removeMember,
  type Directory as TestDirectory,
} from '../support/directory.ts'
import { parsedSettingsOf } from '../support/directory-settings.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { addPerson, groupDn, personDn, sambaDirectory, skipWithoutSamba } from '../support/samba.ts'
import {
  groupOfNamesDn,
  manyGroups,
  type Slapd,
  skipWithoutSlapd,
  startSlapd,
  uidDn,
} from '../support/slapd.ts'

const samba = skipWithoutSamba ? ({} as TestDirectory) : sambaDirectory()
const slapd = skipWithoutSlapd ? ({} as Slapd) : await startSlapd()

const warned: string[] = []
const log = { warn: (context: object) => void warned.push(JSON.stringify(context)) }

function open(of: TestDirectory, kind: 'ad' | 'ldap', more: Partial<DirectorySettings> = {}): Directory {
  const directory = createDirectory({ ...parsedSettingsOf(of, kind), ...more }, Date.now, log)
  after(() => directory.close())
  return directory
}

const bothKinds = [
  { kind: 'ad', called: 'Active Directory', of: samba, skip: skipWithoutSamba, dnOf: groupDn },
  { kind: 'ldap', called: 'OpenLDAP', of: slapd, skip: skipWithoutSlapd, dnOf: groupOfNamesDn },
] as const

for (const { kind, called, of, skip, dnOf } of bothKinds) {
  describe(`a directory of ${called}`, { skip }, () => {
    const directory = skip ? ({} as Directory) : open(of, kind)
    const password = (name: string) => of.passwords[name] ?? assert.fail(name)
    const logIn = (username: string, name = username) => directory.logIn(username, password(name))
    const refused = async (attempt: Promise<unknown>, why: RegExp) => {
      const { reason, detail, said } = await refusalOf(attempt)
      assert.equal(reason, 'password.refused')
      assert.deepEqual(said, {})
      assert.match(detail ?? '', why)
    }

    test('logs somebody in, and knows who they are', async () => {
      const { id, dn, username, email, displayName } = await logIn('ada')
      assert.match(id, /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      assert.equal(dn.toLowerCase(), (kind === 'ad' ? personDn('Ada Lovelace') : uidDn('ada')).toLowerCase())
      assert.deepEqual([username, email, displayName], ['ada', 'ada@example.test', 'Ada Lovelace'])
    })

    test('knows all groups, those that hold groups too, however they hold each other', async () => {
      const { groups } = await logIn('ada')
      const named = groups.map(group => group.toLowerCase())
      for (const name of [
        'developers',
        'engineers',
        'all-staff',
        'Küche, Bar + Grill',
        'round-one',
        'round-two',
      ]) {
        const escapes = [
          dnOf(name),
          dnOf(name).replace('\\+', '+'),
          dnOf(name).replace('\\+', '\\2B').replace('\\,', '\\2C'),
        ]
        assert.ok(
          escapes.some(dn => named.includes(dn.toLowerCase())),
          `${name} is not among ${groups.join('\n')}`,
        )
      }
      assert.ok(!named.includes(dnOf('operators').toLowerCase()))
    })

    for (const [story, username, name] of [
      ['a mail address', 'zoe@example.test', 'zoe'],
      ['another case', 'BEN', 'ben'],
      ['an account’s name that is somebody else’s mail address', 'ben', 'ben'],
    ] as const) {
      test(`takes ${story} for a user name`, async () => {
        assert.equal((await logIn(username, name)).username, name)
      })
    }

    for (const [story, username, given, why] of [
      ['a wrong password', 'ada', 'wrong', /wrongPassword/],
      ['somebody who is not there', 'nobody', 'wrong', /nobody has this name/],
      [
        'a mail address that two people have',
        'ada@example.test',
        password0('ada'),
        /2 people have this name/,
      ],
      ['a disabled account', 'grace', password0('grace'), /disabled|locked/],
      ['an expired account', 'olga', password0('olga'), /expired|locked/],
      ['a locked account', 'lena', password0('lena'), /locked/],
      ['a password that must be changed', 'mia', password0('mia'), /passwordMustChange/],
      ['a password that has expired', 'pia', password0('pia'), /passwordMustChange/],
      ['an empty password', 'ada', () => '', /no possible password/],
      ['a password with a NUL', 'ada', () => 'x\0', /no possible password/],
      ['an empty name', '', 'x', /no possible name/],
      ['a name that would be a filter', '*', password0('ada'), /nobody has this name/],
      ['a name that would end the filter', 'ada)(|(uid=*', password0('ada'), /nobody has this name/],
      ['a name with a wildcard', 'ad*', password0('ada'), /nobody has this name/],
      ['a name that is a DN', uidDn('ada'), password0('ada'), /nobody has this name/],
    ] as const) {
      test(`refuses ${story} in the same words as all others, and tells the log why`, async () => {
        await refused(directory.logIn(username, typeof given === 'string' ? given : given(of)), why)
      })
    }

    test('speaks over StartTLS as well', async () => {
      const plain = open(of, kind, { urls: [of.url], startTls: true })
      assert.equal((await plain.logIn('ada', password('ada'))).username, 'ada')
    })

    for (const startTls of [false, true]) {
      test(`says nothing to a server whose certificate nobody vouches for${startTls ? ', after StartTLS' : ''}`, async () => {
        const stranger = open(of, kind, { urls: [startTls ? of.url : of.tlsUrl], startTls, ca: undefined })
        const { reason, detail } = await refusalOf(stranger.logIn('ada', password('ada')))
        assert.equal(reason, 'issuer.unreachable')
        assert.match(detail ?? '', /certificate/)
      })
    }

    test('goes on with the next server when the first is gone', async () => {
      const two = open(of, kind, { urls: ['ldaps://127.0.0.1:1', of.tlsUrl] })
      assert.equal((await two.logIn('ada', password('ada'))).username, 'ada')
    })

    test('is told apart from one that can’t be searched', async () => {
      const wrong = open(of, kind, { bind: { dn: of.bindDn, password: 'wrong' } })
      const { reason } = await refusalOf(wrong.logIn('ada', password('ada')))
      assert.equal(reason, 'issuer.unreachable')
    })

    test('finds somebody again by their identifier', async () => {
      const person = await logIn('ben')
      assert.deepEqual(await directory.lookAgain(person.id), person)
      assert.deepEqual(await directory.lookAgain('00000000-0000-0000-0000-000000000000'), { gone: 'missing' })
    })
  })
}

/** Looked up when the test runs: where there is no server there are no passwords. */
function password0(name: string) {
  return (of: TestDirectory) => of.passwords[name] ?? assert.fail(name)
}

describe('Active Directory', { skip: skipWithoutSamba }, () => {
  const directory = skipWithoutSamba ? ({} as Directory) : open(samba, 'ad')

  test('takes a userPrincipalName, and tells it', async () => {
    assert.equal(
      (await directory.logIn('ada@rolecall.test', samba.passwords.ada ?? '')).upn,
      'ada@rolecall.test',
    )
  })

  test('counts the primary group, which lists nobody', async () => {
    const { groups } = await directory.logIn('ada', samba.passwords.ada ?? '')
    assert.ok(groups.some(dn => /^CN=Domain Users,/i.test(dn)))
    // Which is in this one.
    assert.ok(groups.some(dn => /^CN=Users,CN=Builtin,/i.test(dn)))
  })

  test('shows what became of somebody who logged in before', async () => {
    const name = `mover-${process.pid}`
    const dn = await addPerson(
      samba,
      { name, fullName: name, mail: `${name}@example.test` },
      'Aa1-mover-mover',
    )
    await addMember(samba, groupDn('operators'), dn)
    const { id, groups } = await directory.logIn(name, 'Aa1-mover-mover')
    assert.ok(groups.includes(groupDn('operators')))
    await removeMember(samba, groupDn('operators'), dn)
    const later = await directory.lookAgain(id)
    assert.ok('groups' in later && !later.groups.includes(groupDn('operators')))
    await changeEntry(samba, dn, { userAccountControl: '514' })
    assert.deepEqual(await directory.lookAgain(id), { gone: 'disabled' })
  })

  test('has groups whose names only look alike, and they stay apart in rules', async () => {
    const [meant, alike] = [groupDn('kadmins'), groupDn('\u212aadmins')]
    await asAdmin(samba, async client => {
      await client.add(meant, { objectClass: 'group', sAMAccountName: 'kadmins' })
      await client.add(alike, { objectClass: 'group', sAMAccountName: 'kadmins-alike' })
    })
    const name = `alike-${process.pid}`
    const person = { name, fullName: name, mail: `${name}@example.test` }
    await addMember(samba, alike, await addPerson(samba, person, 'Aa1-alike-alike'))
    const { groups } = await directory.logIn(name, 'Aa1-alike-alike')
    assert.ok(groups.includes(alike))
    assert.deepEqual(rolesOfGroups([{ groupDn: meant, roleArn: 'arn:of:admins' }], groups), [])
    assert.deepEqual(rolesOfGroups([{ groupDn: alike, roleArn: 'arn:of:others' }], groups), ['arn:of:others'])
  })

  test('looks at the groups of a locked account too: locking one’s own would hide what was taken away', async () => {
    const { searchEntries } = await asAdmin(samba, client =>
      client.search(personDn('Lena Söderberg'), {
        attributes: ['objectGUID'],
        explicitBufferAttributes: ['objectGUID'],
      }),
    )
    const id = guidText(searchEntries[0]?.objectGUID as Buffer) ?? ''
    const found = await directory.lookAgain(id)
    assert.ok('groups' in found && found.groups.some(dn => /^CN=Domain Users,/i.test(dn)))
  })
})

describe('OpenLDAP', { skip: skipWithoutSlapd }, () => {
  const directory = skipWithoutSlapd ? ({} as Directory) : open(slapd, 'ldap')

  test(`reads ${manyGroups} groups page by page, where no answer holds more than a hundred`, async () => {
    const { groups } = await directory.logIn('max', slapd.passwords.max ?? '')
    assert.equal(groups.filter(dn => dn.startsWith('cn=team-')).length, manyGroups)
  })

  test('counts groups that list account names', async () => {
    const { groups } = await directory.logIn('ben', slapd.passwords.ben ?? '')
    assert.ok(groups.some(dn => dn.startsWith('cn=posix-operators,')))
  })

  test('follows no referral: it may lead anywhere, and be shown the password', async () => {
    // The entry that refers elsewhere lies below the base: each of these searches met it.
    const { username } = await directory.logIn('ada', slapd.passwords.ada ?? '')
    assert.equal(username, 'ada')
    const away = open(slapd, 'ldap', { baseDn: `ou=Elsewhere,${slapd.baseDn}` })
    const { reason } = await refusalOf(away.logIn('ada', slapd.passwords.ada ?? ''))
    assert.ok(['password.refused', 'issuer.unreachable'].includes(reason))
  })

  test('that is gone, or hangs, is told before every server had its time, and is back by itself', async () => {
    const own = await startSlapd()
    const kept = open(own, 'ldap')
    const attempt = () => kept.logIn('ada', own.passwords.ada ?? '')
    await attempt()
    for (const [break_, mend, why] of [
      [own.stop, own.restart, /ECONNREFUSED/],
      // A kept connection and a new one, each waited for to its end, would take longer than a person's patience.
      [own.pause, own.resume, /did not answer in time/],
    ] as const) {
      await break_()
      const refusals = await Promise.all([attempt(), attempt(), attempt()].map(one => refusalOf(one)))
      assert.ok(
        refusals.some(({ detail }) => why.test(detail ?? '')),
        String(refusals.map(one => one.detail)),
      )
      assert.deepEqual(new Set(refusals.map(({ reason }) => reason)), new Set(['issuer.unreachable']))
      await mend()
      assert.equal((await attempt()).username, 'ada')
    }
  })
})
