import type { Database } from './database.ts'

/**
 * What is denied of sessions: those with this access key id in their chain, those got by this role or user, or by
 * this person, each as far as they were issued up to a time.
 */
export type Revocation = {
  kind: 'accessKey' | 'principal' | 'person'
  /** The access key's id, the role's or user's id; of a person what `personKey` makes, or the id of one with linked ways in. */
  subject: string
  /** Sessions issued up to here. */
  untilSeconds: number
  /** When no session can be left that it concerns. */
  expiresAtMs: number
}

/** What is asked of a session, and of each that it was got by. */
export type Issued = { accessKeyId: string; principalId: string; issuedAtSeconds: number }

/** Everything that is denied at this moment; small, since it is pruned at expiry. */
export type Denylist = {
  covers(issued: Issued): boolean
  coversPerson(
    person: { issuer: string; subject: string; personId?: string },
    issuedAtSeconds: number,
  ): boolean
}

export type Revocations = {
  denylist(): Promise<Denylist>
  /** Of the same thing twice, what reaches further counts. */
  add(revocation: Revocation): Promise<void>
  prune(nowMs: number): Promise<void>
}

export function personKey({ issuer, subject }: { issuer: string; subject: string }): string {
  return JSON.stringify([issuer, subject])
}

export function createRevocations({ db, catalogue, write }: Database): Revocations {
  const cache = catalogue.cache<Denylist>('revocations')
  return {
    async denylist() {
      const list = await cache.get('all', async () =>
        denylistOf(await db.selectFrom('revocations').selectAll().execute()),
      )
      return list ?? nothing
    },
    add: ({ kind, subject, untilSeconds, expiresAtMs }) =>
      write(['revocations'], async trx => {
        const row = { until_seconds: untilSeconds, expires_at_ms: expiresAtMs }
        await trx
          .insertInto('revocations')
          .values({ kind, subject, ...row })
          .onConflict(conflict =>
            conflict
              .columns(['kind', 'subject'])
              .doUpdateSet(row)
              .where('revocations.until_seconds', '<=', untilSeconds),
          )
          .execute()
      }),
    prune: nowMs =>
      write(['revocations'], async trx => {
        await trx.deleteFrom('revocations').where('expires_at_ms', '<=', nowMs).execute()
      }),
  }
}

type Row = { kind: string; subject: string; until_seconds: number }

function denylistOf(rows: readonly Row[]): Denylist {
  const until = new Map(rows.map(row => [`${row.kind} ${row.subject}`, row.until_seconds]))
  if (until.size === 0) return nothing
  const isDenied = (kind: Revocation['kind'], subject: string, issuedAtSeconds: number) =>
    issuedAtSeconds <= (until.get(`${kind} ${subject}`) ?? Number.NEGATIVE_INFINITY)
  return {
    covers: ({ accessKeyId, principalId, issuedAtSeconds }) =>
      isDenied('accessKey', accessKeyId, issuedAtSeconds) ||
      isDenied('principal', principalId, issuedAtSeconds),
    coversPerson: (person, issuedAtSeconds) =>
      isDenied('person', personKey(person), issuedAtSeconds) ||
      (person.personId !== undefined && isDenied('person', person.personId, issuedAtSeconds)),
  }
}

const nothing: Denylist = { covers: () => false, coversPerson: () => false }
