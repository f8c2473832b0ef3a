import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { sendRaw } from '../support/raw-http.ts'
import { composeEndpoint } from './compose-endpoint.ts'
import { bodyOf, createExchanger, errorOf } from './exchange.ts'

const audience = 'https://api.example'
const askerOf = (one: { port: number; role: string }) =>
  createExchanger(one, () => ({ subject_token: 'x', resource: one.role, audience }))

test('a body that does not come to its end in ten seconds is refused, and the connection ends', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const one = await composeEndpoint()
  one.onBegun(() => t.mock.timers.tick(10_000))
  const head = ['POST /token HTTP/1.1', 'Host: localhost', 'Content-Type: application/x-www-form-urlencoded']
  const { statuses, text } = await sendRaw(
    one.port,
    [...head, 'Content-Length: 100', '', 'grant_type='].join('\r\n'),
  )
  assert.deepEqual(statuses, [408])
  assert.match(text, /^connection: close\r$/im)
  assert.match(text, /\{"error":"invalid_request","error_description":"[^"]+"\}$/)
})

test('a bug is answered as one, with the request’s id and none of our innards', async () => {
  const one = await composeEndpoint(deps => ({
    gate: {
      ...deps.gate,
      async assumeRole() {
        throw new TypeError('secret innards at gate.ts:1')
      },
    },
  }))
  const answer = await askerOf(one).exchange()
  assert.deepEqual(errorOf(answer), ['server_error', 500])
  assert.doesNotMatch(answer.text, /innards|TypeError|gate/)
  assert.match(one.logged(), new RegExp(`${answer.headers['x-request-id']}[^]*secret innards`))
})

/** Has the audit log fail for one kind of row, as a disk may at any moment. */
function failOn(dataDir: string, event: string): DatabaseSync {
  const meddler = new DatabaseSync(join(dataDir, 'audit.db'), { timeout: 5_000 })
  meddler.exec(
    `create trigger fault before insert on audit when new.event = '${event}' begin select raise(abort, 'disk full'); end`,
  )
  return meddler
}

for (const [event, kept] of [
  ['AssumeRoleWithWebIdentity', []],
  ['IssueAccessToken', ['AssumeRoleWithWebIdentity']],
] as const) {
  test(`when the row of ${event} can’t be written, neither credentials nor a bearer are given`, async t => {
    const one = await composeEndpoint()
    const meddler = failOn(one.dataDir, event)
    t.after(() => meddler.close())
    const answer = await askerOf(one).exchange()
    assert.deepEqual(errorOf(answer), ['temporarily_unavailable', 503])
    assert.doesNotMatch(answer.text, /ASIA|eyJ/)
    const allowed = one.rows().filter(row => row.decision === 'allowed')
    assert.deepEqual(
      allowed.map(row => row.event),
      kept,
    )
    meddler.exec('drop trigger fault')
    bodyOf(await askerOf(one).exchange())
  })
}

test('the answer begins only when both rows are durable, that of the bearer last', async () => {
  const seen: unknown[] = []
  let begun = false
  const one = await composeEndpoint(({ audit }) => ({
    audit: {
      ...audit,
      async record(event) {
        await audit.record(event)
        // Whoever holds an answer now holds it before its row.
        for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
        seen.push(event.event, begun)
      },
    },
  }))
  const asked = askerOf(one).exchange()
  asked.on('response', () => {
    begun = true
  })
  bodyOf(await asked)
  assert.deepEqual(seen, ['IssueAccessToken', false])
  assert.deepEqual(
    one.rows().map(row => row.event),
    ['AssumeRoleWithWebIdentity', 'IssueAccessToken'],
  )
})
