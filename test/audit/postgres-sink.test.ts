import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { type AuditEvent, rowOf } from '../../server/audit/audit-event.ts'
import { openPostgresSink } from '../../server/audit/postgres-sink.ts'
import { createDatabase, runSql, skipWithoutPostgres } from '../support/postgres.ts'

const issued: AuditEvent = {
  atMs: 1,
  event: 'AssumeRoleWithWebIdentity',
  decision: 'allowed',
  requestId: 'request-1',
  sourceIp: '192.0.2.1',
}

describe('the audit log in PostgreSQL', { skip: skipWithoutPostgres }, () => {
  test('takes a row with text that PostgreSQL has no room for, and all others of its group', async () => {
    const url = await createDatabase()
    const sink = await openPostgresSink(url)
    after(() => sink.end())
    await sink.commit([
      rowOf(issued),
      rowOf({ ...issued, resource: 'arn:\0:role', subject: 'half \ud800', detail: { name: '\0\ud800' } }),
    ])
    const rows = await runSql(url, 'select resource, subject, detail from audit order by sequence')
    assert.equal(rows.length, 2)
    assert.deepEqual(rows[1], {
      resource: 'arn:\ufffd:role',
      subject: 'half \ufffd',
      detail: '{"name":"\\u0000\\ud800"}',
    })
  })

  test('goes on by itself after a group that failed', async () => {
    const url = await createDatabase()
    const sink = await openPostgresSink(url)
    after(() => sink.end())
    await runSql(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'rolecall-audit'`,
    )
    await sink.commit([rowOf(issued)]).catch(() => undefined)
    await sink.commit([rowOf(issued)])
    assert.ok((await runSql(url, 'select 1 from audit')).length > 0)
  })
})
