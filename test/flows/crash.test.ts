import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { CreateRoleCommand, paginateListRoles } from '@aws-sdk/client-iam'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { type Keys, trusting } from '../support/rolecall.ts'
import {
  assumeForm,
  auditRowsIn,
  keysIn,
  type RolecallProcess,
  startRolecallProcess,
} from '../support/rolecall-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const lives = 20
const dataDir = join(temporaryFolder(), 'data')
const start = () => startRolecallProcess(dataDir, { ROLECALL_DEMO: 'off' })

/** What clients hold when a life is over: whatever they have an answer for counts, and nothing else does. */
type Received = { keys: Keys[]; roles: string[] }

test(`through ${lives} kills under load no credential lacks its audit row, and what was answered holds`, async () => {
  const issuer = await startIssuer()
  after(() => issuer.close())
  let rolecall = await start()
  const role = await rolecall.trust(issuer, 'worker')
  const past: Received[] = []
  for (let life = 0; life < lives; life++) {
    // Later in each life than in the one before, so that the kills fall on many moments.
    past.push(await loadUntilKilled(rolecall, { issuer, role, life, answers: 3 + life }))
    rolecall = await start()
    assertAudited(past)
    await assertStillGood(rolecall, past)
  }
  await assertRolesKept(rolecall, past)
  assert.equal(await rolecall.stop(), 0)
  for (const file of ['rolecall.db', 'audit.db']) assert.equal(integrityOf(file), 'ok', file)
})

/** Four clients ask for credentials and one makes roles, until the process is killed in the midst of it. */
async function loadUntilKilled(
  rolecall: RolecallProcess,
  { issuer, role, life, answers }: { issuer: TestIssuer; role: string; life: number; answers: number },
): Promise<Received> {
  const received: Received = { keys: [], roles: [] }
  const iam = rolecall.iam()
  const trustPolicy = JSON.stringify(trusting(rolecall.accountId, issuer))

  async function askForCredentials(): Promise<void> {
    const body = new URLSearchParams(assumeForm(role, issuer.sign()))
    const answer = await fetch(rolecall.url, { method: 'POST', body })
    const keys = keysIn(await answer.text())
    assert.ok(keys, 'an answer that came whole holds credentials')
    if (received.keys.push(keys) === answers) rolecall.child.kill('SIGKILL')
  }
  async function makeRole(): Promise<void> {
    const RoleName = `role-${life}-${received.roles.length}`
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trustPolicy }))
    received.roles.push(RoleName)
  }

  const clients = [askForCredentials, askForCredentials, askForCredentials, askForCredentials, makeRole]
  await Promise.all(clients.map(repeatUntilBrokenOff))
  assert.equal(await rolecall.stop('SIGKILL'), null, 'it was killed and did not end by itself')
  assert.ok(received.keys.length >= answers)
  return received
}

async function repeatUntilBrokenOff(ask: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await ask()
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error
      return
    }
  }
}

function assertAudited(past: readonly Received[]): void {
  const audited = new Set(auditRowsIn(dataDir).map(row => row.access_key_id))
  const lacking = past.flatMap(({ keys }) => keys).filter(({ accessKeyId }) => !audited.has(accessKeyId))
  assert.deepEqual(lacking, [])
}

/** One credential of each earlier life: the last, whose answer was nearest to the kill. */
async function assertStillGood(rolecall: RolecallProcess, past: readonly Received[]): Promise<void> {
  const arns = await Promise.all(past.map(({ keys }) => rolecall.whoAmI(keys.at(-1))))
  const expected = `arn:aws:sts::${rolecall.accountId}:assumed-role/worker/somebody`
  assert.deepEqual(
    arns,
    past.map(() => expected),
  )
}

async function assertRolesKept(rolecall: RolecallProcess, past: readonly Received[]): Promise<void> {
  const kept = new Set<string | undefined>()
  for await (const { Roles = [] } of paginateListRoles({ client: rolecall.iam() }, {})) {
    for (const { RoleName } of Roles) kept.add(RoleName)
  }
  const made = past.flatMap(({ roles }) => roles)
  assert.ok(made.length > 0)
  assert.deepEqual(
    made.filter(name => !kept.has(name)),
    [],
  )
}

function integrityOf(file: string): unknown {
  const database = new DatabaseSync(join(dataDir, file))
  try {
    return database.prepare('PRAGMA integrity_check').get()?.integrity_check
  } finally {
    database.close()
  }
}
