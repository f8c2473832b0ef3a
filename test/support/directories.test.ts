import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import {
  Client,
  PasswordPolicyControl,
  PasswordPolicyError,
  ResultCodeError,
  type SearchOptions,
} from 'ldapts'
import { addMember, changeEntry, connect, type Directory, removeMember } from './directory.ts'
import { addPerson, groupDn, personDn, sambaDirectory, skipWithoutSamba } from './samba.ts'
import { groupOfNamesDn, manyGroups, type Slapd, skipWithoutSlapd, startSlapd, uidDn } from './slapd.ts'

const invalidCredentials = 49
const directory = skipWithoutSamba ? ({} as Directory) : sambaDirectory()
const slapd = skipWithoutSlapd ? ({} as Slapd) : await startSlapd()

describe('a domain controller of Samba', { skip: skipWithoutSamba }, () => {
  const ada = personDn('Ada Lovelace')

  for (const by of ['ldaps', 'starttls'] as const) {
    test(`takes ada’s password by ${by}`, () => signIn(directory, ada, 'ada', by))
  }

  test('takes a userPrincipalName and a name with its domain for a DN', async () => {
    await signIn(directory, 'ada@rolecall.test', 'ada')
    await signIn(directory, 'ROLECALL\\ada', 'ada')
  })

  test('shows a certificate that nobody else vouches for', () => refusesStrangers(directory))

  test('takes no password in the clear', async () => {
    const client = new Client({ url: directory.url })
    await assert.rejects(client.bind(ada, directory.passwords.ada), { code: 8 })
    await client.unbind()
  })

  for (const [story, fullName, name, data] of [
    ['a disabled account', 'Grace Hopper', 'grace', '533'],
    ['an account that has expired', 'Olga Ladyzhenskaya', 'olga', '701'],
    ['a locked account', 'Lena Söderberg', 'lena', '775'],
    ['a password that must be changed', 'Mia Hamm', 'mia', '773'],
    ['a password that has expired', 'Pia Sundhage', 'pia', '532'],
  ] as const) {
    test(`says data ${data} to the right password where there is ${story}`, async () => {
      assert.equal(await dataOf(directory, personDn(fullName), directory.passwords[name]), data)
    })
  }

  test('says the same of a wrong password and of nobody, whatever the state of the account', async () => {
    for (const fullName of ['Ada Lovelace', 'Grace Hopper', 'Olga Ladyzhenskaya', 'Mia Hamm', 'Nobody']) {
      assert.equal(await dataOf(directory, personDn(fullName), 'wrong'), '52e')
    }
    assert.equal(await dataOf(directory, personDn('Lena Söderberg'), 'wrong'), '775')
  })

  test('finds the groups that somebody is in through others, and comes to an end where they hold each other', async () => {
    const found = await searchAsService(directory, directory.groupsDn, {
      filter: `(member:1.2.840.113556.1.4.1941:=${ada})`,
      attributes: ['cn'],
    })
    assert.deepEqual(found.map(({ cn }) => cn).sort(), [
      'Küche, Bar + Grill',
      'all-staff',
      'developers',
      'engineers',
      'round-one',
      'round-two',
    ])
  })

  test('finds a name whose characters are special in a filter, and answers a DN that it takes back', async () => {
    const [zoe] = await searchAsService(directory, directory.peopleDn, {
      filter: '(displayName=Zoë Müller, \\28Ops\\29 \\5c \\2a)',
      attributes: ['sAMAccountName'],
    })
    assert.equal(zoe?.sAMAccountName, 'zoe')
    await signIn(directory, zoe?.dn ?? '', 'zoe')
  })

  test('lets tests add somebody, and change them', async () => {
    const dn = await addPerson(
      directory,
      { name: 'temp', fullName: 'Temp, Orary', mail: 't@example.test' },
      'pw-Aa1-pw',
    )
    const isOperator = async () =>
      (await searchAsService(directory, dn, { scope: 'base', attributes: ['memberOf'] }))[0]?.memberOf ===
      groupDn('operators')
    await addMember(directory, groupDn('operators'), dn)
    assert(await isOperator())
    await removeMember(directory, groupDn('operators'), dn)
    assert.equal(await isOperator(), false)
    await changeEntry(directory, dn, { userAccountControl: '514' })
    assert.equal(await dataOf(directory, dn, 'pw-Aa1-pw'), '533')
  })
})

describe('a server of OpenLDAP', { skip: skipWithoutSlapd }, () => {
  for (const by of ['ldaps', 'starttls'] as const) {
    test(`takes ada’s password by ${by}`, () => signIn(slapd, uidDn('ada'), 'ada', by))
  }

  test('shows a certificate that nobody else vouches for', () => refusesStrangers(slapd))

  test('refuses a wrong password, and nobody, without a word', async () => {
    for (const name of ['ada', 'nobody']) {
      assert.deepEqual(await bindWithPolicy(slapd, uidDn(name), 'wrong'), {
        code: invalidCredentials,
        policy: undefined,
      })
    }
  })

  for (const [story, name, right, wrong] of [
    ['a disabled account', 'grace', PasswordPolicyError.AccountLocked, PasswordPolicyError.AccountLocked],
    ['an expired account', 'olga', PasswordPolicyError.AccountLocked, PasswordPolicyError.AccountLocked],
    ['a locked account', 'lena', PasswordPolicyError.AccountLocked, PasswordPolicyError.AccountLocked],
    ['an expired password', 'pia', PasswordPolicyError.PasswordExpired, undefined],
  ] as const) {
    test(`refuses ${story}, and says why in the password policy control`, async () => {
      const code = invalidCredentials
      assert.deepEqual(await bindWithPolicy(slapd, uidDn(name), slapd.passwords[name]), {
        code,
        policy: right,
      })
      assert.deepEqual(await bindWithPolicy(slapd, uidDn(name), 'wrong'), { code, policy: wrong })
    })
  }

  test('takes the password of who must change it: only the control says that it must', async () => {
    assert.deepEqual(await bindWithPolicy(slapd, uidDn('mia'), slapd.passwords.mia), {
      code: 0,
      policy: PasswordPolicyError.ChangeAfterReset,
    })
    await signIn(slapd, uidDn('mia'), 'mia')
  })

  test('keeps memberOf, and knows no chain of groups', async () => {
    const [ada] = await searchAsService(slapd, uidDn('ada'), { scope: 'base', attributes: ['memberOf'] })
    assert.deepEqual(
      [ada?.memberOf].flat().sort(),
      ['Küche, Bar + Grill', 'developers', 'round-one'].map(groupOfNamesDn).sort(),
    )
    const filter = `(member:1.2.840.113556.1.4.1941:=${uidDn('ada')})`
    assert.deepEqual(await searchAsService(slapd, slapd.groupsDn, { filter }), [])
    await addMember(slapd, groupOfNamesDn('operators'), uidDn('zoe'))
    const [zoe] = await searchAsService(slapd, uidDn('zoe'), { scope: 'base', attributes: ['memberOf'] })
    assert.deepEqual([zoe?.memberOf].flat().sort(), ['developers', 'operators'].map(groupOfNamesDn).sort())
  })

  test('knows POSIX groups by short name', async () => {
    const found = await searchAsService(slapd, slapd.groupsDn, { filter: '(memberUid=ada)' })
    assert.deepEqual(
      found.map(({ dn }) => dn),
      [groupOfNamesDn('posix-operators')],
    )
  })

  test('answers more groups than it likes to at once only in pages', async () => {
    const filter = `(member=${uidDn('max')})`
    await assert.rejects(searchAsService(slapd, slapd.groupsDn, { filter }), { code: 4 })
    const all = await searchAsService(slapd, slapd.groupsDn, { filter, paged: true })
    assert.equal(all.length, manyGroups)
  })

  test('refers elsewhere', async () => {
    const client = await connect(slapd, slapd.bindDn, slapd.bindPassword)
    const { searchReferences } = await client.search(slapd.baseDn, { filter: '(uid=ada)' })
    assert.match(searchReferences[0] ?? '', /^ldap:\/\/127\.0\.0\.1:1\//)
    await assert.rejects(client.search(`ou=Elsewhere,${slapd.baseDn}`, { scope: 'base' }), { code: 10 })
    await client.unbind()
  })

  test('lets its own people read nothing of others, and the service account no password', async () => {
    const client = await connect(slapd, uidDn('ada'), slapd.passwords.ada ?? '')
    await assert.rejects(client.search(uidDn('ben'), { scope: 'base' }), { code: 32 })
    await client.unbind()
    const [ada] = await searchAsService(slapd, uidDn('ada'), { scope: 'base', attributes: ['userPassword'] })
    assert.deepEqual(ada?.userPassword, [])
  })

  test('comes back on the same ports, and can hang', async () => {
    await slapd.stop()
    await assert.rejects(signIn(slapd, uidDn('ada'), 'ada'), { code: 'ECONNREFUSED' })
    await slapd.restart()
    await signIn(slapd, uidDn('ada'), 'ada')
    await slapd.pause()
    const client = new Client({ url: slapd.url, timeout: 200 })
    await assert.rejects(client.bind(uidDn('ada'), slapd.passwords.ada), /timed out/)
    slapd.resume()
    await client.unbind()
    await signIn(slapd, uidDn('ada'), 'ada')
  })
})

async function signIn(directory: Directory, dn: string, name: string, by?: 'ldaps' | 'starttls') {
  await (await connect(directory, dn, directory.passwords[name] ?? '', by)).unbind()
}

async function refusesStrangers({ tlsUrl, bindDn, bindPassword, caFile }: Directory): Promise<void> {
  const stranger = new Client({ url: tlsUrl })
  await assert.rejects(stranger.bind(bindDn, bindPassword), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  await stranger.unbind()
  const elsewhere = new Client({
    url: tlsUrl,
    tlsOptions: { ca: readFileSync(caFile), servername: 'elsewhere.test' },
  })
  await assert.rejects(elsewhere.bind(bindDn, bindPassword), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  await elsewhere.unbind()
}

/** What AD says beside `invalidCredentials`: [MS-ERREF]'s code, in hexadecimal. */
async function dataOf(directory: Directory, dn: string, password = ''): Promise<string | undefined> {
  try {
    await (await connect(directory, dn, password)).unbind()
    return undefined
  } catch (error) {
    assert(error instanceof ResultCodeError && error.code === invalidCredentials)
    return / data (\w+),/.exec(error.message)?.[1]
  }
}

async function bindWithPolicy({ tlsUrl, caFile }: Directory, dn: string, password = '') {
  const client = new Client({ url: tlsUrl, tlsOptions: { ca: readFileSync(caFile) } })
  const control = new PasswordPolicyControl()
  const code = await client.bind(dn, password, control).then(
    () => 0,
    (error: ResultCodeError) => error.code,
  )
  await client.unbind()
  return { code, policy: control.value?.error }
}

async function searchAsService(directory: Directory, base: string, options: SearchOptions) {
  const client = await connect(directory, directory.bindDn, directory.bindPassword)
  try {
    return (await client.search(base, options)).searchEntries
  } finally {
    await client.unbind()
  }
}
