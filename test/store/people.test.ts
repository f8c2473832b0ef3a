import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { longestSubject } from '../../server/base/federated-identity.ts'
import { Refusal } from '../../server/base/refusal.ts'
import type { Store } from '../../server/store/open-store.ts'
import { personKey } from '../../server/store/revocations.ts'
import { person } from '../federation/compose-gate.ts'
import { createDatabase, skipWithoutPostgres } from '../support/postgres.ts'
import { openSharedStore, storeKinds } from '../support/stores.ts'
import { until } from '../support/until.ts'

const samlArn = `arn:aws:iam::123456789012:saml-provider/${'p'.repeat(128)}`
const way = (subject: string, more: { issuer?: string; demo?: boolean } = {}) => ({
  issuer: 'https://issuer.example',
  subject,
  demo: false,
  kind: 'oidc',
  ...more,
})
const refuses = (reason: string) => (error: unknown) => error instanceof Refusal && error.reason === reason
const subjectsOf = async (store: Store, personId: string) =>
  (await store.people.ways(personId)).map(({ subject }) => subject)

for (const { kind, skip, open } of storeKinds) {
  const store: Store | undefined = skip === false ? await open() : undefined
  after(() => store?.close())
  describe(`linked people on ${kind}`, { skip }, () => store && keepsWaysIn(store))
}

/** So many bytes as the name of a person has at most, which no compression makes fewer. */
function longest(seed: string, unit: number, from: number): string {
  const bytes = createHash('shake256', { outputLength: Math.floor(longestSubject / unit) })
    .update(seed)
    .digest()
  return [...bytes].map(byte => String.fromCodePoint(from + (unit === 1 ? byte % 58 : byte * 80))).join('')
}

function keepsWaysIn({ people, identities, revocations, webSessions }: Store): void {
  test('nobody is known before two ways are linked, and then both are the same person', async () => {
    const [present, added] = [way('a1'), way('a2', { issuer: 'https://other.example' })]
    assert.equal(await people.find(present), undefined)
    assert.equal(await people.find(added), undefined)
    await people.link({ personId: 'PERSONA', present, added }, 5)
    assert.deepEqual(await people.find(present), { id: 'PERSONA', linkedAtMs: 5 })
    assert.deepEqual(await people.find(added), { id: 'PERSONA', linkedAtMs: 5 })
    assert.equal(await people.find(way('a2')), undefined, 'a subject is its issuer’s')
  })

  for (const [story, unit, from] of [
    ['letters', 1, 0x41],
    ['letters of three bytes each', 3, 0x4e00],
  ] as const) {
    test(`the longest names that a SAML provider may give, of ${story}, are kept wherever somebody is known by them`, async () => {
      const [present, added] = ['one', 'other'].map(name =>
        way(longest(name, unit, from), { issuer: samlArn }),
      )
      assert.ok(present && added)
      for (const one of [present, added]) {
        await identities.remember(person({ issuer: one.issuer, subject: one.subject }), 5)
        await revocations.add({
          kind: 'person',
          subject: personKey(one),
          untilSeconds: 1,
          expiresAtMs: 5_000,
        })
        await webSessions.put(`session of ${one.subject}`.slice(0, 40), '{}', 5_000, personKey(one))
        assert.equal((await webSessions.listOf(personKey(one), 5)).length, 1)
      }
      await people.link({ personId: `PERSONLONG${unit}`, present, added }, 5)
      assert.equal((await people.find(added))?.id, `PERSONLONG${unit}`)
    })
  }

  test('linking twice is linking once', async () => {
    const linking = { personId: 'PERSONB', present: way('b1'), added: way('b2') }
    await people.link(linking, 5)
    await people.link(linking, 6)
    await people.link({ ...linking, present: linking.added, added: linking.present }, 7)
    assert.deepEqual(
      (await people.ways('PERSONB')).map(({ linkedAtMs }) => linkedAtMs),
      [5, 5],
    )
  })

  test('a way that is linked already is never taken from its person', async () => {
    await people.link({ personId: 'PERSONC', present: way('c1'), added: way('c2') }, 5)
    for (const present of [way('c3'), way('a1')]) {
      const personId = (await people.find(present))?.id ?? 'PERSONC3'
      await assert.rejects(people.link({ personId, present, added: way('c2') }, 6), refuses('entity.exists'))
    }
    assert.equal((await people.find(way('c2')))?.id, 'PERSONC')
    assert.equal(await people.find(way('c3')), undefined, 'and who tried is nobody still')
  })

  test('no way is added to a person who is not there by it any more', async () => {
    await people.link({ personId: 'PERSOND', present: way('d1'), added: way('d2') }, 5)
    await people.unlink('PERSOND', way('d1'))
    const late = { personId: 'PERSOND', present: way('d1'), added: way('d3') }
    await assert.rejects(people.link(late, 6), refuses('entity.changed'))
    await assert.rejects(
      people.link({ ...late, present: way('c1') }, 6),
      refuses('entity.changed'),
      'somebody else’s way is no way into it',
    )
    assert.deepEqual(await subjectsOf({ people } as Store, 'PERSOND'), ['d2'])
  })

  test('by a way that is theirs no longer nothing more is unlinked', async () => {
    await people.link({ personId: 'PERSONU', present: way('u1'), added: way('u2') }, 5)
    await people.link({ personId: 'PERSONU', present: way('u1'), added: way('u3') }, 5)
    await people.unlink('PERSONU', way('u2'), way('u1'))
    await assert.rejects(people.unlink('PERSONU', way('u1'), way('u2')), refuses('entity.changed'))
    assert.deepEqual(await subjectsOf({ people } as Store, 'PERSONU'), ['u1', 'u3'])
  })

  test('a way that is unlinked is nobody’s at once; the last one stays', async () => {
    await people.link({ personId: 'PERSONE', present: way('e1'), added: way('e2') }, 5)
    await people.unlink('PERSONE', way('e1'))
    assert.equal(await people.find(way('e1')), undefined)
    assert.equal((await people.find(way('e2')))?.id, 'PERSONE')
    await assert.rejects(people.unlink('PERSONE', way('e2')), refuses('entity.inUse'))
    await assert.rejects(people.unlink('PERSONE', way('a1')), refuses('entity.missing'), 'another’s')
    assert.equal((await people.find(way('a1')))?.id, 'PERSONA')
    await people.link({ personId: 'PERSONE', present: way('e2'), added: way('e1') }, 9)
    assert.deepEqual(await people.find(way('e1')), { id: 'PERSONE', linkedAtMs: 9 })
  })

  test('a person has ten ways at most', async () => {
    const present = way('f0')
    const add = (n: number) => people.link({ personId: 'PERSONF', present, added: way(`f${n}`) }, n)
    for (let n = 1; n < 10; n++) await add(n)
    await assert.rejects(add(10), refuses('entity.limit'))
    assert.equal((await people.ways('PERSONF')).length, 10)
  })

  test('what a stand-in vouches for is another way than the real provider’s of the same name', async () => {
    await people.link(
      { personId: 'PERSONG', present: way('g1', { demo: true }), added: way('g2', { demo: true }) },
      5,
    )
    assert.equal((await people.find(way('g1', { demo: true })))?.id, 'PERSONG')
    assert.equal(await people.find(way('g1')), undefined)
    await people.link({ personId: 'PERSONH', present: way('g1'), added: way('g2') }, 5)
    assert.equal((await people.find(way('g1', { demo: true })))?.id, 'PERSONG')
    assert.equal((await people.find(way('g1')))?.id, 'PERSONH')
  })

  test('ways are listed with the name of the last sign-in, in the order in which they came', async () => {
    const identity = {
      principals: [],
      provider: 'p',
      audience: 'a',
      context: {},
      tags: {},
      transitiveTagKeys: [],
    }
    const known = { ...way('h1'), kind: 'oidc' as const, subjectKey: 's', audienceKey: 'a', ...identity }
    await identities.remember({ ...known, displayName: 'Ada', email: 'ada@example.com' }, 3)
    await people.link({ personId: 'PERSONI', present: way('h1'), added: way('h2') }, 5)
    await people.link({ personId: 'PERSONI', present: way('h2'), added: way('h0') }, 6)
    const plain = { issuer: 'https://issuer.example', demo: false, kind: 'oidc' }
    assert.deepEqual(await people.ways('PERSONI'), [
      {
        ...plain,
        subject: 'h1',
        linkedAtMs: 5,
        displayName: 'Ada',
        email: 'ada@example.com',
        lastSeenAtMs: 3,
      },
      { ...plain, subject: 'h2', linkedAtMs: 5 },
      { ...plain, subject: 'h0', linkedAtMs: 6 },
    ])
  })

  test('of two people who link the same way at once one gets it', async () => {
    const link = (n: number) =>
      people.link({ personId: `PERSONJ${n}`, present: way(`j${n}`), added: way('j') }, 5)
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(link))
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    const owner = (await people.find(way('j')))?.id ?? ''
    assert.deepEqual(await subjectsOf({ people } as Store, owner), ['j', owner.replace('PERSONJ', 'j')])
  })

  test('the last two ways are not unlinked by two at once', async () => {
    await people.link({ personId: 'PERSONK', present: way('k1'), added: way('k2') }, 5)
    const outcomes = await Promise.allSettled(['k1', 'k2'].map(one => people.unlink('PERSONK', way(one))))
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.equal((await people.ways('PERSONK')).length, 1)
  })
}

describe('linked people on two nodes', { skip: skipWithoutPostgres }, async () => {
  if (skipWithoutPostgres !== false) return
  const url = await createDatabase()
  const [one, other] = [await openSharedStore(url), await openSharedStore(url)]
  after(() => Promise.all([one.close(), other.close()]))

  test('the same two ways linked on both at once, each from its end, are one person’s, and nothing waits for ever', async () => {
    for (let n = 0; n < 20; n++) {
      const [a, b] = [way(`x${n}`), way(`y${n}`)]
      const outcomes = await Promise.allSettled([
        one.people.link({ personId: `PERSON1${n}`, present: a, added: b }, 5),
        other.people.link({ personId: `PERSON2${n}`, present: b, added: a }, 5),
      ])
      assert.ok(outcomes.some(({ status }) => status === 'fulfilled'))
      const [row] = await one.people.ways(`PERSON1${n}`)
      const owner = row === undefined ? `PERSON2${n}` : `PERSON1${n}`
      assert.deepEqual(await subjectsOf(one, owner), [a.subject, b.subject])
    }
  })

  test('what one node links and unlinks, the other knows by itself', async () => {
    const [present, added] = [way('m1'), way('m2')]
    const knows = (id: string | undefined) => until(async () => (await other.people.find(added))?.id === id)
    await knows(undefined)
    await one.people.link({ personId: 'PERSONM', present, added }, 5)
    await knows('PERSONM')
    await one.people.unlink('PERSONM', added)
    await knows(undefined)
  })
})
