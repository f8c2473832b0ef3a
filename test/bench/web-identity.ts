import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { startProcess } from '../support/start-process.ts'
import { type LoadResult, median, runLoad } from './load.ts'
import { createRole, issuerEnv, makeRequests, startIssuer } from './web-identity-load.ts'

const tokens = 10_000
const rounds = 9
const load = { connections: 64, seconds: 2 }

/**
 * AssumeRoleWithWebIdentity per second with audit on, one process, distinct tokens, against the practical
 * limit of the same job in the same runtime. Both servers are up all the time and are loaded in turns.
 */
export async function benchWebIdentity(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-bench-'))
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const issuer = await startIssuer(publicKey)
  const limit = await startProcess('test/bench/practical-limit.ts', {
    args: [publicKey.export({ format: 'pem', type: 'spki' }).toString()],
    env: { NODE_ENV: 'production' },
    ready: /listening on (\d+)/,
  })
  const rolecall = await startRolecall(folder, issuer.url)
  try {
    const requests = await makeRequests(tokens, privateKey, issuer.url)
    const results = await runRounds(Number(rolecall.ready), Number(limit.ready), requests)
    report(results, auditedIn(join(folder, 'audit.db')))
  } finally {
    await Promise.all([rolecall.stop(), limit.stop()])
    issuer.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startRolecall(dataDir: string, issuer: string) {
  const rolecall = await startProcess('server/main.ts', {
    env: { PORT: '0', ROLECALL_DATA_DIR: dataDir, ROLECALL_LOG_LEVEL: 'warn', ...issuerEnv(issuer) },
    ready: /Rolecall is ready: http:\/\/localhost:(\d+)/,
  })
  await createRole(rolecall.ready, issuer)
  return rolecall
}

type Round = { ours: LoadResult; limit: LoadResult }

async function runRounds(ours: number, limit: number, requests: readonly Buffer[]): Promise<Round[]> {
  let at = 0
  const next = () => requests[at++ % requests.length] ?? Buffer.alloc(0)
  const measure = (port: number) => runLoad({ port, ...load }, next)
  // Once each for the compiler's sake; not counted.
  await measure(limit)
  await measure(ours)
  const results: Round[] = []
  for (let round = 0; round < rounds; round++) {
    // Who goes first changes, so that neither always has the warmer machine.
    if (round % 2 === 0) results.push({ ours: await measure(ours), limit: await measure(limit) })
    else {
      const first = await measure(limit)
      results.push({ ours: await measure(ours), limit: first })
    }
  }
  return results
}

function auditedIn(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true })
  const row = database
    .prepare("select count(*) as n from audit where event = 'AssumeRoleWithWebIdentity'")
    .get()
  database.close()
  return Number(row?.n)
}

function report(results: readonly Round[], audited: number): void {
  const line = (text: string) => process.stdout.write(`${text}\n`)
  const failures = results.reduce((sum, { ours, limit }) => sum + ours.failures + limit.failures, 0)
  const ours = results.reduce((sum, round) => sum + round.ours.requests, 0)
  line('AssumeRoleWithWebIdentity, one process, audit on, against the practical limit')
  line('  round   rolecall/s      limit/s   ratio')
  results.forEach((round, n) => {
    const cells = [
      round.ours.perSecond.toFixed(0).padStart(12),
      round.limit.perSecond.toFixed(0).padStart(12),
    ]
    line(`  ${String(n + 1).padStart(5)}${cells.join(' ')}   ${ratio(round).toFixed(2)}`)
  })
  line(`  median ratio ${median(results.map(ratio)).toFixed(2)} (goal: at least 0.90)`)
  line(
    `  ${tokens} distinct tokens, ${failures} failed requests, ${audited} audit rows for ${ours} counted requests`,
  )
  if (failures > 0 || audited < ours) process.exitCode = 1
}

function ratio({ ours, limit }: Round): number {
  return ours.perSecond / limit.perSecond
}
