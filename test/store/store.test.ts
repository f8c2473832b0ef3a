import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { Refusal } from '../../server/base/refusal.ts'
import type { Store } from '../../server/store/open-store.ts'
import type { Role } from '../../server/store/roles.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { openEmbeddedStore, storeKinds } from '../support/stores.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

let count = 0
function newRole(more: Partial<Role> = {}): Role {
  const n = ++count
  return {
    id: `AROA${n}`,
    name: `role-${n}`,
    path: '/',
    trustPolicy: '{"Statement":[]}',
    maxSessionSeconds: 3600,
    tags: {},
    createdAtMs: n,
    demo: false,
    ...more,
  }
}
const policy = (name: string) => ({
  id: `ANPA${name}`,
  name,
  shipped: false,
  path: '/',
  defaultVersion: 'v1',
  tags: {},
  createdAtMs: 1,
  updatedAtMs: 1,
  demo: false,
})
const exists = (error: unknown) => error instanceof Refusal && error.reason === 'entity.exists'

for (const { kind, skip, open } of storeKinds) {
  const store: Store | undefined = skip === false ? await open() : undefined
  after(() => store?.close())
  describe(kind, { skip }, () => store && keepsItsPromises(store))
}

/** What holds of one store must hold of all. */
function keepsItsPromises(store: Store): void {
  test('a role comes back as it was created, whole', async () => {
    const role = newRole({ description: 'räksmörgås', path: '/a/b/', tags: { Team: 'blue' }, demo: true })
    await store.roles.create(role)
    assert.deepEqual(await store.roles.find(role.name), role)
    assert.deepEqual(await store.roles.findById(role.id), role)
  })

  test('role names are unique without regard to case, and found with it', async () => {
    await store.roles.create(newRole({ name: 'Reader' }))
    await assert.rejects(store.roles.create(newRole({ name: 'READER' })), exists)
    assert.equal(await store.roles.find('reader'), undefined)
  })

  test('a role that was asked for in vain is found once it is created', async () => {
    assert.equal(await store.roles.find('late'), undefined)
    await store.roles.create(newRole({ name: 'late' }))
    assert.ok(await store.roles.find('late'))
  })

  test('an edited trust policy is seen at once', async () => {
    const role = newRole()
    await store.roles.create(role)
    await store.roles.find(role.name)
    await store.roles.change(role, { trustPolicy: '{"edited":true}' })
    assert.equal((await store.roles.find(role.name))?.trustPolicy, '{"edited":true}')
  })

  test('a role’s documents are its inline policies and what is attached, as they are now', async () => {
    const role = newRole()
    await store.roles.create(role)
    await store.policies.create(policy('shared'), 'managed')
    await store.principalPolicies.putInline(role.id, 'own', 'first')
    await store.principalPolicies.putInline(role.id, 'own', 'inline')
    await store.principalPolicies.attach(role.id, 'ANPAshared', 1)
    await store.principalPolicies.attach(role.id, 'ANPAshared', 2)
    assert.deepEqual(await store.principalPolicies.documents(role.id), ['inline', 'managed'])
    assert.equal(await store.principalPolicies.detach(role.id, 'ANPAshared'), true)
    assert.equal(await store.principalPolicies.detach(role.id, 'ANPAshared'), false)
    assert.deepEqual(await store.principalPolicies.documents(role.id), ['inline'])
    assert.equal(await store.principalPolicies.deleteInline(role.id, 'own'), true)
    assert.equal(await store.principalPolicies.deleteInline(role.id, 'own'), false)
    assert.deepEqual(await store.principalPolicies.documents(role.id), [])
  })

  test('a deleted role is gone, and its inline policies with it', async () => {
    const role = newRole()
    await store.roles.create(role)
    await store.principalPolicies.putInline(role.id, 'own', 'inline')
    await store.roles.delete(role)
    assert.equal(await store.roles.find(role.name), undefined)
    assert.deepEqual(await store.principalPolicies.listInline(role.id), [])
  })

  test('a policy that is attached can’t be deleted from under its role', async () => {
    const role = newRole()
    await store.roles.create(role)
    await store.policies.create(policy('held'), '{}')
    await store.principalPolicies.attach(role.id, 'ANPAheld', 1)
    assert.equal((await store.policies.attachmentCounts()).get('ANPAheld'), 1)
    assert.equal((await refusalOf(store.policies.delete('ANPAheld'))).reason, 'entity.inUse')
  })

  test('a policy’s versions are numbered once and for all, the newest first, one of them in force', async () => {
    const made = policy('versioned')
    await store.policies.create(made, 'one')
    const role = newRole()
    await store.roles.create(role)
    await store.principalPolicies.attach(role.id, made.id, 1)
    const add = (document: string, asDefault = false) =>
      store.policies.addVersion(made, { document, asDefault, nowMs: 7, mostVersions: 3 })
    assert.equal(await add('two'), 'v2')
    assert.deepEqual(await store.principalPolicies.documents(role.id), ['one'])
    assert.equal(await add('three', true), 'v3')
    assert.deepEqual(await store.principalPolicies.documents(role.id), ['three'])
    assert.equal(await store.policies.findDocument(made.id), 'three')
    assert.equal(await add('four'), undefined)
    assert.deepEqual(
      (await store.policies.listVersions(made.id)).map(({ version, document }) => `${version} ${document}`),
      ['v3 three', 'v2 two', 'v1 one'],
    )
    assert.equal(await store.policies.deleteVersion(made.id, 'v3'), false)
    assert.equal(await store.policies.deleteVersion(made.id, 'v2'), true)
    assert.equal(await store.policies.deleteVersion(made.id, 'v2'), false)
    assert.equal(await store.policies.setDefaultVersion(made, 'v2'), false)
    assert.equal(await store.policies.setDefaultVersion(made, 'v1'), true)
    assert.deepEqual(await store.principalPolicies.documents(role.id), ['one'])
    assert.equal((await store.policies.find(made.name))?.defaultVersion, 'v1')
    assert.deepEqual(await store.policies.findVersion(made.id, 'v3'), {
      version: 'v3',
      document: 'three',
      createdAtMs: 7,
    })
    assert.equal(await store.policies.findVersion(made.id, 'v2'), undefined)
  })

  test('of many versions that are added at once no more are kept than there may be', async () => {
    const made = policy('crowded')
    await store.policies.create(made, 'one')
    const added = await Promise.all(
      Array.from({ length: 8 }, () =>
        store.policies.addVersion(made, { document: 'x', asDefault: false, nowMs: 1, mostVersions: 5 }),
      ),
    )
    assert.equal(added.filter(version => version !== undefined).length, 4)
    assert.equal((await store.policies.listVersions(made.id)).length, 5)
  })

  test('a version is not added to a policy that is gone', async () => {
    const gone = { id: 'ANPAgone', name: 'gone', shipped: false }
    const added = store.policies.addVersion(gone, {
      document: 'x',
      asDefault: false,
      nowMs: 1,
      mostVersions: 5,
    })
    assert.equal((await refusalOf(added)).reason, 'entity.missing')
  })

  const named = (prefix: string, name: string) => ({
    id: `${prefix}${name}`,
    name,
    path: '/',
    tags: {},
    createdAtMs: 1,
  })

  test('a user and a group of one name are two, and each is unique among its own', async () => {
    const [user, group] = [named('AIDA', 'Twin'), named('AGPA', 'Twin')]
    await store.users.create({ ...user, path: '/a/', tags: { k: 'v' } })
    await store.groups.create(group)
    assert.deepEqual(await store.users.find('Twin'), { ...user, path: '/a/', tags: { k: 'v' } })
    assert.deepEqual(await store.users.findById(user.id), await store.users.find('Twin'))
    assert.deepEqual(await store.groups.find('Twin'), group)
    await assert.rejects(store.users.create(named('AIDA', 'TWIN')), exists)
    assert.equal(await store.users.find('twin'), undefined)
    assert.deepEqual(
      (await store.users.list('/a/')).map(({ name }) => name),
      ['Twin'],
    )
  })

  test('a renamed user is found by the new name alone, at once', async () => {
    const user = named('AIDA', 'early')
    await store.users.create(user)
    await store.users.find('early')
    assert.equal(await store.users.find('later'), undefined)
    await store.users.rename(user, { name: 'later', path: '/p/' })
    assert.equal(await store.users.find('early'), undefined)
    assert.deepEqual(await store.users.find('later'), { ...user, name: 'later', path: '/p/' })
    assert.equal((await store.users.findById(user.id))?.name, 'later')
    await store.users.create(named('AIDA', 'other'))
    await assert.rejects(store.users.rename({ ...user, name: 'later' }, { name: 'OTHER' }), exists)
  })

  test('who joins or leaves a group is in it, or is not, from then on', async () => {
    const [user, group] = [named('AIDA', 'joiner'), named('AGPA', 'club')]
    await store.users.create(user)
    await store.groups.create(group)
    assert.deepEqual(await store.users.groupIds(user.id), [])
    await store.groups.addUser(group.id, user.id)
    await store.groups.addUser(group.id, user.id)
    assert.deepEqual(await store.users.groupIds(user.id), [group.id])
    assert.deepEqual(await store.users.listGroups(user.id), [group])
    assert.deepEqual(await store.groups.listUsers(group.id), [user])
    for (const one of [() => store.users.delete(user), () => store.groups.delete(group)]) {
      assert.equal((await refusalOf(one())).reason, 'entity.inUse')
    }
    assert.equal(await store.groups.removeUser(group.id, user.id), true)
    assert.equal(await store.groups.removeUser(group.id, user.id), false)
    assert.deepEqual(await store.users.groupIds(user.id), [])
    await store.users.delete(user)
    assert.equal(await store.users.find('joiner'), undefined)
  })

  test('nothing is hung on what is gone', async () => {
    const gone = 'AIDAgone'
    await store.policies.create(policy('for-gone'), '{}')
    const key = { id: 'AKIAgone', userId: gone, sealedSecret: Buffer.from('x'), active: true, createdAtMs: 1 }
    for (const hang of [
      () => store.principalPolicies.putInline(gone, 'x', '{}'),
      () => store.principalPolicies.attach(gone, 'ANPAfor-gone', 1),
      () => store.accessKeys.create(key, 2),
      () => store.groups.addUser('AGPAgone', gone),
    ]) {
      assert.equal((await refusalOf(hang())).reason, 'entity.missing')
    }
  })

  test('an access key comes back whole, is switched at once, and there are no more than asked', async () => {
    const user = named('AIDA', 'keyed')
    await store.users.create(user)
    const key = (n: number) => ({
      id: `AKIAKEY${n}`,
      userId: user.id,
      sealedSecret: Buffer.from([0, 1, n]),
      active: true,
      createdAtMs: n,
    })
    assert.equal(await store.accessKeys.find('AKIAKEY1'), undefined)
    const made = await Promise.all([1, 2, 3, 4].map(n => store.accessKeys.create(key(n), 2)))
    assert.equal(made.filter(Boolean).length, 2)
    const [first] = await store.accessKeys.list(user.id)
    assert.ok(first)
    assert.deepEqual(await store.accessKeys.find(first.id), first)
    await store.accessKeys.setActive(first.id, false)
    assert.equal((await store.accessKeys.find(first.id))?.active, false)
    await store.accessKeys.delete(first.id)
    assert.equal(await store.accessKeys.find(first.id), undefined)
  })

  test('of tags that are changed at once none is lost, and a change that fails leaves them', async () => {
    const user = named('AIDA', 'tagged')
    await store.users.create(user)
    await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        store.principals.changeTags('user', user, tags => ({ ...tags, [`k${n}`]: 'v' })),
      ),
    )
    const fail = () => {
      throw new Error('no')
    }
    await assert.rejects(store.principals.changeTags('user', user, fail), /no/)
    assert.equal(Object.keys((await store.users.find('tagged'))?.tags ?? {}).length, 8)
  })

  test('a boundary is kept, known to its policy, and taken away', async () => {
    const user = named('AIDA', 'bounded')
    await store.users.create(user)
    await store.policies.create(policy('boundary'), '{}')
    await store.principals.setBoundary('user', user, 'ANPAboundary')
    assert.equal((await store.users.find('bounded'))?.boundaryId, 'ANPAboundary')
    assert.equal((await store.policies.boundaryCounts()).get('ANPAboundary'), 1)
    assert.deepEqual(
      (await store.principals.listBounded('ANPAboundary')).map(({ kind, name }) => `${kind} ${name}`),
      ['user bounded'],
    )
    assert.equal((await refusalOf(store.policies.delete('ANPAboundary'))).reason, 'entity.inUse')
    await store.principals.setBoundary('user', user, undefined)
    await store.policies.delete('ANPAboundary')
    assert.equal((await store.users.find('bounded'))?.boundaryId, undefined)
  })

  test('the newest use is what is remembered, whoever writes it last', async () => {
    const use = (atMs: number) => ({ atMs, service: 'sts', region: 'eu-1' })
    store.lastUsed.note('AKIAUSED', use(5))
    assert.deepEqual(await store.lastUsed.find('AKIAUSED'), use(5))
    await store.lastUsed.flush()
    store.lastUsed.note('AKIAUSED', use(3))
    await store.lastUsed.flush()
    assert.deepEqual(await store.lastUsed.find('AKIAUSED'), use(5))
    assert.equal(await store.lastUsed.find('AKIANEVER'), undefined)
  })

  test('a policy that fails half-way leaves nothing behind', async () => {
    await store.policies.create(policy('whole'), '{}')
    await assert.rejects(store.policies.create({ ...policy('Whole'), id: 'ANPAother' }, '{}'), exists)
    assert.equal(await store.policies.findDocument('ANPAother'), undefined)
  })

  test('transactions and single statements that come at once do not fall into one another', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `parallel-${n}`)
    await Promise.all([
      ...names.map(name => store.policies.create(policy(name), name)),
      ...names.map(name => store.settings.set(name, name)),
      ...names.map(name => store.policies.create(policy('shared'), name).catch(() => undefined)),
    ])
    for (const name of names) {
      assert.equal(await store.policies.findDocument(`ANPA${name}`), name)
      assert.equal(await store.settings.find(name), name)
    }
  })

  test('settings are found by how their names begin, letter by letter', async () => {
    for (const name of ['begins:b', 'begins:a', 'begins', 'Begins:c', 'beginsX', 'x-begins:'])
      await store.settings.set(name, name)
    assert.deepEqual(await store.settings.namesWith('begins:'), ['begins:a', 'begins:b'])
  })

  test('an issuer is found by its path, and deleted once', async () => {
    const provider = {
      urlPath: 'gitlab.example/group',
      issuer: 'https://gitlab.example/group',
      clientIds: ['a', 'b'],
      thumbprints: [],
      tags: { k: 'v' },
      createdAtMs: 1,
      demo: false,
    }
    await store.oidcProviders.create(provider)
    assert.deepEqual(await store.oidcProviders.find(provider.urlPath), provider)
    await assert.rejects(store.oidcProviders.create(provider), exists)
    assert.equal(await store.oidcProviders.delete(provider.urlPath), true)
    assert.equal(await store.oidcProviders.delete(provider.urlPath), false)
    assert.equal(await store.oidcProviders.find(provider.urlPath), undefined)
    assert.equal(await store.oidcProviders.find('nobody\0'), undefined)
  })

  test('a password is there once a user, is replaced by who has seen the last one, and holds its user', async () => {
    const user = { id: 'AIDAPASSWORD', name: 'with-password', path: '/', tags: {}, createdAtMs: 1 }
    await store.users.create(user)
    const profile = {
      userId: user.id,
      hash: 'first',
      earlierHashes: ['before'],
      resetRequired: true,
      createdAtMs: 1,
      changedAtMs: 2,
    }
    await store.loginProfiles.create(profile, user.name)
    await assert.rejects(store.loginProfiles.create(profile, user.name), exists)
    assert.deepEqual(await store.loginProfiles.find(user.id), profile)
    const next = { ...profile, hash: 'second', resetRequired: false }
    assert.equal(await store.loginProfiles.replace(profile, next), true)
    assert.equal(await store.loginProfiles.replace(profile, { ...next, hash: 'third' }), false)
    assert.deepEqual(await store.loginProfiles.find(user.id), next)
    await assert.rejects(store.users.delete(user), { reason: 'entity.inUse' })
    assert.equal(await store.loginProfiles.delete(user.id), true)
    assert.equal(await store.loginProfiles.delete(user.id), false)
    await store.users.delete(user)
  })

  test('a proof is used once, also when many show it at once, until it is forgotten', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => store.usedProofs.use('hash', 1_000)))
    assert.equal(answers.filter(isFirst => isFirst).length, 1)
    await store.usedProofs.prune(999)
    assert.equal(await store.usedProofs.use('hash', 1_000), false)
    await store.usedProofs.prune(1_000)
    assert.equal(await store.usedProofs.use('hash', 2_000), true)
  })

  test('people of a directory are taken to be looked up again, each by one node, the longest unseen first', async () => {
    const { directoryPeople } = store
    const key = (id: string) => ({ provider: 'arn:p', id })
    assert.equal(await directoryPeople.remember({ ...key('a'), groups: ['cn=x'] }, 100, 1_000), undefined)
    await directoryPeople.remember({ ...key('b'), groups: [] }, 50, 1_000)
    await directoryPeople.remember({ ...key('gone'), groups: [] }, 10, 150)
    assert.deepEqual(await directoryPeople.takeDue(99, 200, 10), [
      { ...key('b'), groups: [], checkedAtMs: 200 },
    ])
    const taken = await Promise.all([1, 2, 3].map(() => directoryPeople.takeDue(100, 201, 10)))
    assert.deepEqual(taken.flat(), [{ ...key('a'), groups: ['cn=x'], checkedAtMs: 201 }])
    const before = await directoryPeople.remember({ ...key('a'), groups: ['cn=y'] }, 300, 2_000)
    assert.deepEqual(before, { ...key('a'), groups: ['cn=x'] })
    assert.equal(
      await directoryPeople.remember({ ...key('a'), groups: [] }, 2_000, 3_000),
      undefined,
      'too old',
    )
    await directoryPeople.forget({ ...key('a'), checkedAtMs: 201 })
    await directoryPeople.prune(1_000)
    const [since] = await directoryPeople.takeDue(2_000, 2_500, 10)
    assert.equal(since?.id, 'a', 'they have logged in since they were taken')
    await directoryPeople.forget({ ...key('a'), checkedAtMs: 2_500 })
    assert.deepEqual(await directoryPeople.takeDue(5_000, 500, 10), [])
  })

  test('a browser session is gone when its time is, and prune takes the row away', async () => {
    await store.webSessions.put('hash', 'data', 1_000)
    assert.equal(await store.webSessions.find('hash', 999), 'data')
    await store.webSessions.put('left', 'data', 1_000)
    await store.webSessions.delete('left')
    await store.webSessions.put('left', 'of a request that was still on its way', 1_000)
    assert.equal(await store.webSessions.find('left', 999), undefined)
    assert.equal(await store.webSessions.find('hash', 1_000), undefined)
    await store.prune(1_000)
    assert.equal(await store.webSessions.find('hash', 0), undefined)
  })

  const state = { provider: 'google', nonce: 'n', codeVerifier: 'v' }

  test('a sign-in state is taken once, by its own browser, at its own provider, in its time', async () => {
    const key = { stateHash: 'state', browserHash: 'browser' }
    await store.signInStates.put(key, state, 1_000)
    assert.equal(await store.signInStates.take({ ...key, browserHash: 'other' }, 'google', 0), undefined)
    assert.deepEqual(await store.signInStates.take(key, 'google', 999), state)
    assert.equal(await store.signInStates.take(key, 'google', 999), undefined)
    await store.signInStates.put(key, state, 1_000)
    assert.equal(await store.signInStates.take(key, 'google', 1_000), undefined, 'too late')
    await store.signInStates.put(key, state, 1_000)
    assert.equal(await store.signInStates.take(key, 'facebook', 0), undefined, 'another provider')
  })

  test('one browser keeps its twenty newest sign-ins, and costs other browsers none of theirs', async () => {
    await store.signInStates.put({ stateHash: 'theirs', browserHash: 'them' }, state, 1_000)
    for (let n = 0; n < 30; n++) {
      await store.signInStates.put({ stateHash: `mine-${n}`, browserHash: 'me' }, state, 1_000)
    }
    const take = (n: number) =>
      store.signInStates.take({ stateHash: `mine-${n}`, browserHash: 'me' }, 'google', 0)
    assert.equal(await take(9), undefined)
    assert.ok(await take(10))
    assert.ok(await take(29))
    assert.ok(await store.signInStates.take({ stateHash: 'theirs', browserHash: 'them' }, 'google', 0))
  })

  test('a person seen again keeps their first day and takes today’s name', async () => {
    const identity = {
      kind: 'oidc' as const,
      principals: [],
      provider: 'p',
      issuer: 'https://issuer.example',
      subject: '1',
      subjectKey: 'k:sub',
      audienceKey: 'k:aud',
      audience: 'a',
      context: {},
      tags: {},
      transitiveTagKeys: [],
      demo: false,
    }
    await store.identities.remember({ ...identity, displayName: 'A\0da\ud800' }, 1)
    assert.equal((await store.identities.find('https://issuer.example', '1'))?.displayName, 'A\ufffdda\ufffd')
    await store.identities.remember({ ...identity, displayName: 'Ada' }, 1)
    await store.identities.remember({ ...identity, displayName: 'Ada L.', email: 'ada@example.com' }, 2)
    assert.deepEqual(await store.identities.find('https://issuer.example', '1'), {
      issuer: 'https://issuer.example',
      subject: '1',
      displayName: 'Ada L.',
      email: 'ada@example.com',
      firstSeenAtMs: 1,
      lastSeenAtMs: 2,
    })
  })
}

test('what is stored is there after the store is closed and opened again', async () => {
  const file = join(temporaryFolder(), 'store.db')
  const first = await openEmbeddedStore(file)
  await first.roles.create(newRole({ name: 'kept' }))
  await first.close()
  const second = await openEmbeddedStore(file)
  assert.ok(await second.roles.find('kept'))
  await second.close()
})

test('last uses that could not be written are known meanwhile, and written the next time', async () => {
  const file = join(temporaryFolder(), 'rolecall.db')
  const store = await openEmbeddedStore(file)
  const meddler = new DatabaseSync(file)
  meddler.exec("create trigger fault before insert on last_used begin select raise(abort, 'disk full'); end")
  const use = { atMs: 5, service: 'sts', region: 'eu-1' }
  store.lastUsed.note('AKIAFIRST', use)
  store.lastUsed.note('AKIASECOND', use)
  await assert.rejects(store.lastUsed.flush(), /disk full/)
  assert.deepEqual(await store.lastUsed.find('AKIAFIRST'), use)
  meddler.exec('drop trigger fault')
  meddler.exec(
    "create trigger fault before insert on last_used when new.id = 'AKIAFIRST' begin select raise(abort, 'not this one'); end",
  )
  await assert.rejects(store.lastUsed.flush(), /not this one/)
  const isThere = meddler.prepare('select count(*) as n from last_used where id = ?')
  assert.equal(isThere.get('AKIASECOND')?.n, 1, 'one that can’t be written holds up no other')
  meddler.exec('drop trigger fault')
  meddler.close()
  await store.lastUsed.flush()
  await store.close()
  const again = await openEmbeddedStore(file)
  for (const id of ['AKIAFIRST', 'AKIASECOND']) assert.deepEqual(await again.lastUsed.find(id), use)
  await again.close()
})
