import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { AuditEvent } from '../../server/audit/audit-event.ts'
import { openAuditLog } from '../../server/audit/audit-log.ts'
import { Refusal } from '../../server/base/refusal.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const folder = temporaryFolder()
let files = 0
const newFile = () => join(folder, `audit-${files++}.db`)

const issued: AuditEvent = {
  atMs: 1,
  event: 'AssumeRoleWithWebIdentity',
  decision: 'allowed',
  requestId: 'request-1',
  sourceIp: '192.0.2.1',
  accessKeyId: 'ASIA1',
}
const refused: AuditEvent = { ...issued, decision: 'denied', reason: 'trust.denied' }

function open(file: string, options: { mostWaiting?: number; lockTimeoutMs?: number } = {}) {
  return openAuditLog({ file, clock: () => 1_000, onFailure: () => undefined, ...options })
}

function rowsOf(file: string): Record<string, unknown>[] {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return database.prepare('select * from audit order by sequence').all()
  } finally {
    database.close()
  }
}

const isUnavailable = (error: unknown) => error instanceof Refusal && error.reason === 'audit.unavailable'

test('a recorded event is in the file when record answers, whole', async () => {
  const file = newFile()
  const log = await open(file)
  await log.record({ ...issued, subject: '1234', expiresAtMs: 5, detail: { jti: 'x' } })
  const [row] = rowsOf(file)
  assert.deepEqual(
    [row?.event, row?.subject, row?.access_key_id, row?.expires_at_ms, row?.detail, row?.count],
    ['AssumeRoleWithWebIdentity', '1234', 'ASIA1', 5, '{"jti":"x"}', 1],
  )
  await log.close()
})

test('the database syncs every commit to the disk', async () => {
  const log = await open(newFile())
  assert.equal(log.synchronous, 2, 'PRAGMA synchronous = FULL')
  await log.close()
})

test('nothing is answered while a commit is held, and everything once it is let go', async () => {
  const file = newFile()
  const log = await open(file)
  const holder = new DatabaseSync(file)
  holder.exec('BEGIN IMMEDIATE')
  let answered = 0
  const records = Array.from({ length: 5 }, () => log.record(issued).then(() => answered++))
  await new Promise(resolve => setTimeout(resolve, 150))
  assert.equal(answered, 0)
  holder.exec('ROLLBACK')
  holder.close()
  await Promise.all(records)
  assert.equal(rowsOf(file).length, 5)
  await log.close()
})

test('a commit that fails refuses its whole group, and the next one goes on', async () => {
  const file = newFile()
  const log = await open(file, { lockTimeoutMs: 30 })
  const holder = new DatabaseSync(file)
  holder.exec('BEGIN IMMEDIATE')
  const settled = await Promise.allSettled([log.record(issued), log.record(issued)])
  assert.ok(settled.every(one => one.status === 'rejected' && isUnavailable(one.reason)))
  holder.exec('ROLLBACK')
  holder.close()
  await log.record(issued)
  assert.equal(rowsOf(file).length, 1)
  await log.close()
})

test('a full queue refuses at once instead of growing', async () => {
  const file = newFile()
  const log = await open(file, { mostWaiting: 3 })
  const holder = new DatabaseSync(file)
  holder.exec('BEGIN IMMEDIATE')
  const first = log.record(issued)
  await new Promise(resolve => setTimeout(resolve, 50))
  const waiting = [log.record(issued), log.record(issued), log.record(issued)]
  await assert.rejects(log.record(issued), isUnavailable)
  holder.exec('ROLLBACK')
  holder.close()
  await Promise.all([first, ...waiting])
  await log.close()
})

for (const statement of [
  'update audit set subject = null',
  'delete from audit',
  'delete from audit where sequence = 1',
]) {
  test(`the database itself refuses to ${statement}`, async () => {
    const file = newFile()
    const log = await open(file)
    await log.record(issued)
    await log.close()
    const database = new DatabaseSync(file)
    assert.throws(() => database.exec(statement), /append-only/)
    assert.equal(database.prepare('select count(*) as n from audit').get()?.n, 1)
    database.close()
  })
}

test('refusals are written without anybody waiting, and are durable after close', async () => {
  const file = newFile()
  const log = await open(file)
  log.note(refused)
  await log.close()
  assert.equal(rowsOf(file)[0]?.reason, 'trust.denied')
})

test('a stranger who is refused 100,000 times fills a few rows, and not one refusal is lost', async () => {
  const file = newFile()
  const log = await open(file)
  for (let n = 0; n < 100_000; n++) log.note({ ...refused, requestId: `r${n}`, detail: { n } })
  await log.close()
  const rows = rowsOf(file)
  assert.ok(rows.length < 50, `${rows.length} rows`)
  assert.equal(
    rows.reduce((sum, row) => sum + Number(row.count), 0),
    100_000,
  )
})

test('a stranger with as many addresses as he likes is held by the rate of all refusals together', async () => {
  const file = newFile()
  const log = await open(file)
  for (let n = 0; n < 50_000; n++)
    log.note({ ...refused, sourceIp: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}` })
  await log.close()
  const rows = rowsOf(file)
  assert.ok(rows.length < 2_000, `${rows.length} rows`)
  assert.equal(
    rows.reduce((sum, row) => sum + Number(row.count), 0),
    50_000,
  )
})

test('one household of IPv6 addresses counts as one', async () => {
  const file = newFile()
  const log = await open(file)
  for (let n = 0; n < 1_000; n++) log.note({ ...refused, sourceIp: `2001:db8::${n.toString(16)}` })
  await log.close()
  const folded = rowsOf(file).filter(row => row.source_ip === '2001:db8::/64')
  assert.equal(folded.length, 1)
})

test('refusals never crowd out a credential: beyond half of the queue they fold', async () => {
  const file = newFile()
  const log = await open(file, { mostWaiting: 20 })
  const holder = new DatabaseSync(file)
  holder.exec('BEGIN IMMEDIATE')
  for (let n = 0; n < 200; n++) log.note({ ...refused, sourceIp: `192.0.2.${n}` })
  const record = log.record(issued)
  holder.exec('ROLLBACK')
  holder.close()
  await record
  await log.close()
  assert.equal(rowsOf(file).filter(row => row.decision === 'allowed').length, 1)
})

test('the log opens again after a close and goes on where it was', async () => {
  const file = newFile()
  const first = await open(file)
  await first.record(issued)
  await first.close()
  await assert.rejects(first.record(issued), isUnavailable, 'a closed log takes nothing')
  const second = await open(file)
  await second.record({ ...issued, accessKeyId: 'ASIA2' })
  await second.close()
  assert.deepEqual(
    rowsOf(file).map(row => [row.sequence, row.access_key_id]),
    [
      [1, 'ASIA1'],
      [2, 'ASIA2'],
    ],
  )
})
