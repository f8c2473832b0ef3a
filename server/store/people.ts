import type { Transaction } from 'kysely'
import { Refusal } from '../base/refusal.ts'
import { isUniqueViolation } from './constraints.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

/** What a provider vouches for. A stand-in may say the same as the provider whose part it takes: `demo` is part of the key. */
export type WayIn = { issuer: string; subject: string; demo: boolean }

/** Of `find`: who it is, and since when. */
export type LinkedPerson = { id: string; linkedAtMs: number }

export type LinkedWay = WayIn & {
  kind: string
  linkedAtMs: number
  displayName?: string
  email?: string
  /** When it was last used in a browser. */
  lastSeenAtMs?: number
}

export type Linking = {
  personId: string
  /** The way that the person came by, and the one that is to be theirs as well. */
  present: WayIn & { kind: string }
  added: WayIn & { kind: string }
}

/** People who have linked ways in. Nobody is here before they do, and no two ways are ever linked by an address. */
export type People = {
  /** Whose way in it is; undefined when it is linked with no other. */
  find(way: WayIn): Promise<LinkedPerson | undefined>
  /** In the order in which they were linked. */
  ways(personId: string): Promise<LinkedWay[]>
  /**
   * Makes both ways this person's. Linking twice is linking once.
   *
   * @param personId the person whose `present` is, or a new id where it is nobody's
   * @throws {Refusal} entity.exists when `added` is somebody else's | entity.limit | entity.changed when `present` is
   *   not this person's meanwhile
   */
  link(linking: Linking, nowMs: number): Promise<void>
  /**
   * @param present the way that whoever asks came by
   * @throws {Refusal} entity.missing when it is not this person's | entity.inUse when it is the last | entity.changed
   *   when `present` is not this person's meanwhile
   */
  unlink(personId: string, way: WayIn, present?: WayIn): Promise<void>
}

const mostWays = 10

export function createPeople({ db, catalogue, write }: Database): People {
  const byWay = catalogue.cache<LinkedPerson>('wayIn')
  return {
    find: way =>
      byWay.get(keyOf(way), async () => {
        const row = await findWay(db, way)
        return row && { id: row.person_id, linkedAtMs: row.linked_at_ms }
      }),
    async ways(personId) {
      const rows = await db
        .selectFrom('ways_in')
        .leftJoin('identities', join =>
          join
            .onRef('identities.issuer', '=', 'ways_in.issuer')
            .onRef('identities.subject', '=', 'ways_in.subject'),
        )
        .selectAll('ways_in')
        .select(['display_name', 'email', 'last_seen_at_ms'])
        .where('person_id', '=', personId)
        .orderBy('linked_at_ms')
        .orderBy('ways_in.issuer')
        .orderBy('ways_in.subject')
        .execute()
      return rows.map(row => ({
        issuer: row.issuer,
        subject: row.subject,
        demo: row.demo === 1,
        kind: row.kind,
        linkedAtMs: row.linked_at_ms,
        ...(row.display_name === null ? {} : { displayName: row.display_name }),
        ...(row.email === null ? {} : { email: row.email }),
        ...(row.last_seen_at_ms === null ? {} : { lastSeenAtMs: row.last_seen_at_ms }),
      }))
    },
    async link(linking, nowMs) {
      const topics = [linking.present, linking.added].map(way => `wayIn:${keyOf(way)}`)
      try {
        await write(topics, trx => link(trx, linking, nowMs))
      } catch (error) {
        // Another node has linked one of the two at the same time.
        if (isUniqueViolation(error)) throw new Refusal('entity.changed')
        throw error
      }
    },
    unlink: (personId, way, present = way) =>
      write([`wayIn:${keyOf(way)}`], async trx => {
        const theirs = await lockWays(trx, personId)
        if (!theirs.some(one => keyOf(one) === keyOf(way))) throw new Refusal('entity.missing')
        // Whoever was unlinked a moment ago must not unlink the others in turn.
        if (!theirs.some(one => keyOf(one) === keyOf(present))) throw new Refusal('entity.changed')
        if (theirs.length < 2) throw new Refusal('entity.inUse')
        await trx
          .deleteFrom('ways_in')
          .where('issuer', '=', way.issuer)
          .where('subject', '=', way.subject)
          .where('demo', '=', flag(way))
          .execute()
      }),
  }
}

async function link(
  trx: Transaction<Schema>,
  { personId, present, added }: Linking,
  nowMs: number,
): Promise<void> {
  const [presentRow, addedRow] = [await findWay(trx, present), await findWay(trx, added)]
  if (addedRow !== undefined && addedRow.person_id !== presentRow?.person_id)
    throw new Refusal('entity.exists')
  if (presentRow === undefined) {
    await trx.insertInto('people').values({ id: personId, created_at_ms: nowMs }).execute()
  } else {
    const theirs = await lockWays(trx, personId)
    if (!theirs.some(one => keyOf(one) === keyOf(present))) throw new Refusal('entity.changed')
    if (addedRow !== undefined) return
    if (theirs.length >= mostWays) throw new Refusal('entity.limit')
  }
  const news = presentRow === undefined ? [present, added] : [added]
  // One order for everybody: two nodes that link the same two ways then wait for each other in no circle.
  for (const way of news.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))) {
    const { issuer, subject, kind } = way
    const row = { issuer, subject, kind, demo: flag(way), person_id: personId, linked_at_ms: nowMs }
    await trx.insertInto('ways_in').values(row).execute()
  }
}

/** Who changes the same person's ways at the same time waits, and sees what was done. */
async function lockWays(trx: Transaction<Schema>, personId: string): Promise<WayIn[]> {
  await trx
    .updateTable('people')
    .set(({ ref }) => ({ id: ref('id') }))
    .where('id', '=', personId)
    .execute()
  const rows = await trx.selectFrom('ways_in').selectAll().where('person_id', '=', personId).execute()
  return rows.map(({ issuer, subject, demo }) => ({ issuer, subject, demo: demo === 1 }))
}

function findWay(db: Pick<Transaction<Schema>, 'selectFrom'>, way: WayIn) {
  return db
    .selectFrom('ways_in')
    .selectAll()
    .where('issuer', '=', way.issuer)
    .where('subject', '=', way.subject)
    .where('demo', '=', flag(way))
    .executeTakeFirst()
}

function flag({ demo }: WayIn): 0 | 1 {
  return demo ? 1 : 0
}

function keyOf({ issuer, subject, demo }: WayIn): string {
  return JSON.stringify([issuer, subject, demo])
}
