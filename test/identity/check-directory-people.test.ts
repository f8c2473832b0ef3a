import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Refusal } from '../../server/base/refusal.ts'
import type { Directory, DirectoryPerson } from '../../server/directory/directory.ts'
import { checkDirectoryPeople } from '../../server/identity/check-directory-people.ts'
import { openEmbeddedStore } from '../support/stores.ts'

const provider = 'arn:aws:iam::123456789012:ldap-provider/corp'
const startMs = 1_750_000_000_000
let nowMs = startMs
const store = await openEmbeddedStore(':memory:', () => nowMs)
after(() => store.close())
const { directoryPeople, revocations } = store

const remember = (id: string, groups: string[]) =>
  directoryPeople.remember({ provider, id, groups }, nowMs, nowMs + 3_600_000)

/** As the service's timer does, a minute after the last time. */
async function check(lookAgain: Directory['lookAgain'], warnings: object[] = []): Promise<string[]> {
  const ended: string[] = []
  nowMs += 60_000
  await checkDirectoryPeople(
    {
      directory: { lookAgain },
      directoryPeople,
      revocations,
      onEnded: ({ subject }) => ended.push(subject),
      clock: () => nowMs,
      log: { warn: context => warnings.push(context) },
    },
    30_000,
  )
  return ended
}

const known = (id: string, groups: string[]): DirectoryPerson => ({
  id,
  dn: `uid=${id}`,
  username: id,
  groups,
})
const gone = async () => ({ gone: 'disabled' as const })
const isEnded = async (subject: string, provenAtSeconds: number) =>
  (await revocations.denylist()).coversPerson({ issuer: provider, subject }, provenAtSeconds)

test('what somebody got while the directory was still being asked about them ends as well', async () => {
  await remember('slow', ['cn=admins'])
  let gotAtSeconds = 0
  await check(async () => {
    nowMs += 3_000
    gotAtSeconds = Math.floor(nowMs / 1000)
    return { gone: 'disabled' }
  })
  assert.equal(await isEnded('slow', gotAtSeconds), true)
})

test('whoever logs in while their old sessions are being ended is looked up again like everybody', async () => {
  await remember('back', ['cn=admins', 'cn=users'])
  const ended = await check(async id => {
    nowMs += 10
    await remember(id, ['cn=users'])
    return known(id, ['cn=users'])
  })
  assert.deepEqual(ended, ['back'])
  assert.deepEqual(await check(gone), ['back'])
})

test('one of whom nothing can be found out keeps nobody else from being looked up', async () => {
  for (const id of ['a-first', 'b-poison', 'c-last']) await remember(id, [])
  const warnings: object[] = []
  const ended = await check(async id => {
    if (id === 'b-poison') throw new Refusal('issuer.unreachable', { detail: 'only of them' })
    return { gone: 'disabled' }
  }, warnings)
  assert.deepEqual(ended.toSorted(), ['a-first', 'c-last'])
  assert.equal(warnings.length, 1)
  assert.equal(await isEnded('b-poison', Math.floor(startMs / 1000)), false)
})

test('a directory that answers nothing is not asked about everybody', async () => {
  for (let n = 0; n < 20; n++) await remember(`many-${n}`, [])
  let asked = 0
  await check(async () => {
    asked++
    throw new Refusal('issuer.unreachable')
  })
  assert.equal(asked, 3)
})
