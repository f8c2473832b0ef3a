import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseServer } from '../support/database-server.ts'
import { createDueSecrets, outcomeOf } from '../support/due-secrets.ts'
import { findMariaDb, startMariaDb } from '../support/mariadb.ts'
import { findPostgres, runSql, startPostgres } from '../support/postgres.ts'
import { startPostgresWithTls } from '../support/postgres-with-tls.ts'
import { type RolecallProcess, rootKeysIn, startRolecallProcess } from '../support/rolecall-process.ts'
import { openSharedStore } from '../support/stores.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

const count = 1_000
const dayMs = 86_400_000
/** Of one process, whatever it is told. */
const mostConnections = 16
const givesUpMs = 900_000

type Row = { start: () => Promise<DatabaseServer>; nodes: number; atOnce: number }

/** A thousand secrets that fall due at one moment: how many connections the database has at once, and how long it takes. */
export async function benchDueSecrets(): Promise<void> {
  const bin = findPostgres()
  if (bin === undefined) return line('postgresql is not installed')
  const rows: Row[] = [{ start: startPostgresWithTls, nodes: 2, atOnce: 4 }]
  if (findMariaDb() === undefined) line('mariadb-server is not installed')
  else rows.push({ start: startMariaDb, nodes: 1, atOnce: 64 })
  const shared = await startPostgres(bin)
  try {
    for (const [n, row] of rows.entries()) {
      await runSql(shared.url, `create database due_${n}`)
      const url = new URL(shared.url)
      url.pathname = `/due_${n}`
      await measure(row, url.href)
    }
  } finally {
    await shared.stop()
  }
}

async function measure({ start, nodes: nodeCount, atOnce }: Row, storeUrl: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-bench-due-'))
  const server = await start()
  const nodes: RolecallProcess[] = []
  const masterKey = randomBytes(32).toString('base64')
  try {
    for (let n = 0; n < nodeCount; n++) {
      const node = await startRolecallProcess(join(folder, `node-${n}`), {
        DATABASE_URL: storeUrl,
        ROLECALL_MASTER_KEY: masterKey,
        ROLECALL_ROTATIONS_AT_ONCE: String(atOnce),
        ROLECALL_DATABASE_CA_FILE: server.caFile,
        ROLECALL_DEMO: 'off',
      })
      nodes.push(node)
    }
    const rootKeys = rootKeysIn(join(folder, 'node-0'))
    const as = { port: nodes[0]?.port ?? 0, rootKeys, nowMs: Date.now }
    const result = await rotateAll(as, server, storeUrl)
    report(
      `${server.kind}, ${nodeCount} ${nodeCount === 1 ? 'node' : 'nodes'} with ${atOnce} at once`,
      result,
      nodeCount * Math.min(atOnce, mostConnections),
    )
  } finally {
    for (const node of nodes) await node.stop()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function rotateAll(as: Parameters<typeof outcomeOf>[0], server: DatabaseServer, storeUrl: string) {
  const proxy = await startTcpProxy(server.port)
  const store = await openSharedStore(storeUrl)
  try {
    const due = { count, port: proxy.port, dueAtMs: Date.now() + dayMs }
    const arns = await createDueSecrets({ as, secrets: store.secrets }, server, due)
    const nowMs = Date.now()
    // The nodes' clock can't be moved to the day on which they are due, so that the day is moved.
    await runSql(storeUrl, `update secrets set rotation_due_at_ms = ${nowMs}`)
    await untilAllSucceeded(storeUrl)
    const outcome = await outcomeOf(as, server, arns, store.rotations.list)
    return { ...outcome, seconds: (outcome.toMs - nowMs) / 1000, mostOpen: proxy.mostOpen() }
  } finally {
    await store.close()
    proxy.close()
  }
}

/** One that failed is waited for as well: it is tried again after a minute. */
async function untilAllSucceeded(storeUrl: string): Promise<void> {
  const givesUpAtMs = Date.now() + givesUpMs
  while (Date.now() < givesUpAtMs) {
    const [row] = await runSql(
      storeUrl,
      `select count(distinct secret_id)::int as done from rotations where state = 'succeeded'`,
    )
    if (row?.done === count) return
    await new Promise(resolve => setTimeout(resolve, 500))
  }
}

function report(
  story: string,
  { rotatedOnce, retried, working, changes, seconds, mostOpen }: Awaited<ReturnType<typeof rotateAll>>,
  bound: number,
): void {
  const isGood = [rotatedOnce, working, changes].every(one => one === count) && mostOpen <= bound
  if (!isGood) process.exitCode = 1
  const cells = [
    `${rotatedOnce} rotated exactly once, ${retried} of them in more than one attempt`,
    `${changes} passwords changed, ${working} of the new ones taken`,
    `at most ${mostOpen} connections at once (goal: at most ${bound})`,
    `${seconds.toFixed(0)} s${isGood ? '' : '  MISSED'}`,
  ]
  line(`${count} due secrets, ${story}: ${cells.join('; ')}`)
}

function line(text: string): void {
  process.stdout.write(`${text}\n`)
}
