import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import fc from 'fast-check'
import type { AuditEvent } from '../../server/audit/audit-event.ts'
import { type AuditOptions, openAuditLog } from '../../server/audit/audit-log.ts'
import { createRefusalFold } from '../../server/audit/refusal-fold.ts'
import { openSqliteSink, type SqliteSinkOptions } from '../../server/audit/sqlite-sink.ts'
import { Refusal } from '../../server/base/refusal.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

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

async function open(file: string, options: Partial<AuditOptions & SqliteSinkOptions> = {}) {
  const { lockTimeoutMs, ...rest } = options
  const sink = await openSqliteSink({ file, lockTimeoutMs })
  const log = openAuditLog({ sink, clock: () => 1_000, onFailure: () => undefined, ...rest })
  after(() => log.close())
  return log
}

function rowsOf(file: string): Record<string, unknown>[] {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return database.prepare('select * from audit order by sequence').all()
  } finally {
    database.close()
  }
}

/** How many decisions the file's rows stand for. */
function countIn(file: string): number {
  return rowsOf(file).reduce((sum, row) => sum + Number(row.count), 0)
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
  const sink = await openSqliteSink({ file: newFile() })
  assert.equal(sink.durability, 'synchronous = 2', 'FULL')
  await sink.end()
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

test('no text that a stranger may choose fails the group that others’ credentials are in', async () => {
  const file = newFile()
  const log = await open(file)
  const anyText = fc.string({ unit: 'binary', maxLength: 200 })
  const texts = [
    'userAgent',
    'subject',
    'issuer',
    'resource',
    'sessionName',
    'requestId',
    'sourceIp',
  ] as const
  const told = fc.record({
    ...Object.fromEntries(texts.map(name => [name, anyText])),
    detail: fc.record({ detail: anyText }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(told, { minLength: 1, maxLength: 20 }), async events => {
      await Promise.all(events.map(event => log.record({ ...issued, ...event })))
    }),
    { numRuns: 50 },
  )
  for (const text of ['\0', '\ud800', "'); drop table audit; --"]) {
    await log.record({ ...issued, subject: text, userAgent: text, detail: { text } })
  }
  await log.close()
})

test('a full queue refuses at once instead of growing', async () => {
  const file = newFile()
  const log = await open(file, { mostWaiting: 3 })
  const holder = new DatabaseSync(file)
  holder.exec('BEGIN IMMEDIATE')
  const first = log.record(issued)
  // One turn of the event loop later it is on its way to the disk.
  await new Promise(resolve => setImmediate(resolve))
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
  'insert or replace into audit select * from audit',
  'update or replace audit set sequence = 1',
  'replace into audit (sequence, at_ms, event, decision, request_id, source_ip, count) values (1, 1, 1, 1, 1, 1, 1)',
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

test('refusals that could not be written are counted again, and written later', async () => {
  const file = newFile()
  const failed = Promise.withResolvers<void>()
  const log = await open(file, { onFailure: () => failed.resolve() })
  const meddler = new DatabaseSync(file)
  meddler.exec("create trigger fault before insert on audit begin select raise(abort, 'disk full'); end")
  for (let n = 0; n < 100; n++) log.note(refused)
  await failed.promise
  meddler.exec('drop trigger fault')
  meddler.close()
  await log.close()
  assert.equal(countIn(file), 100)
})

test('what was folded is written at the close, whole, though the queue is full', async () => {
  const file = newFile()
  const log = await open(file, { mostWaiting: 4 })
  const holder = new DatabaseSync(file)
  holder.exec('BEGIN IMMEDIATE')
  for (let n = 0; n < 500; n++) log.note({ ...refused, sourceIp: `192.0.2.${n % 250}` })
  const closed = log.close()
  holder.exec('ROLLBACK')
  holder.close()
  await closed
  assert.equal(countIn(file), 500)
})

test('refusals that are folded again and again, because the queue stays full, keep their count', async () => {
  const fold = createRefusalFold(() => 0)
  for (let n = 0; n < 7; n++) fold.add(refused)
  for (let n = 0; n < 3; n++) for (const event of fold.take()) fold.add(event)
  fold.add(refused)
  assert.deepEqual(
    fold.take().map(({ count }) => count),
    [8],
  )
})

test('refusals lost to a disk that stays broken are at least told of', async () => {
  const file = newFile()
  const failures: string[] = []
  const log = await open(file, { onFailure: failure => failures.push(failure) })
  const meddler = new DatabaseSync(file)
  meddler.exec("create trigger fault before insert on audit begin select raise(abort, 'disk full'); end")
  meddler.close()
  for (let n = 0; n < 30; n++) log.note(refused)
  await log.close()
  assert.match(failures.at(-1) ?? '', /^30 refusals could not be written/)
})

test('a refusal that comes after the close starts nothing again', async () => {
  const file = newFile()
  const failures: string[] = []
  const log = await open(file, { onFailure: failure => failures.push(failure) })
  await log.close()
  log.note(refused)
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(failures.length, 1)
  assert.equal(countIn(file), 0)
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

test('a prober with stolen keys stays named, however many strangers are refused meanwhile', async () => {
  const file = newFile()
  const log = await open(file)
  const prober = { ...refused, callerAccessKeyId: 'ASIASTOLEN', callerArn: 'arn:aws:sts::1:assumed-role/r/s' }
  for (let n = 0; n < 5_000; n++) log.note({ ...refused, sourceIp: `10.0.${n >> 8}.${n & 255}` })
  log.note({ ...prober, event: 'DeleteRole', resource: 'role/victim' })
  for (let n = 0; n < 1_000; n++) log.note(prober)
  await log.close()
  const rows = rowsOf(file).filter(row => row.caller_access_key_id === 'ASIASTOLEN')
  assert.equal(rows[0]?.resource, 'role/victim')
  assert.ok(rows.every(row => row.caller_arn === prober.callerArn))
  assert.equal(
    rows.reduce((sum, row) => sum + Number(row.count), 0),
    1_001,
  )
  assert.ok(rows.length < 250, `${rows.length} rows`)
})

test('a disk that hangs without failing refuses after a while, and says so when it is asked', async () => {
  const file = newFile()
  const log = await open(file, { deadlineMs: 50, lockTimeoutMs: 60_000 })
  // A machine that is busy may take longer than that for a disk that is well.
  const isWell = () =>
    log.ping().then(
      () => true,
      () => false,
    )
  await until(isWell)
  const holder = new DatabaseSync(file)
  holder.exec('BEGIN IMMEDIATE')
  await assert.rejects(log.record(issued), isUnavailable)
  await assert.rejects(log.ping(), isUnavailable)
  holder.exec('ROLLBACK')
  holder.close()
  await until(isWell)
  await log.close()
})
