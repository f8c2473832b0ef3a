import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { DatabaseServer } from '../support/database-server.ts'
import { findMariaDb, startMariaDb } from '../support/mariadb.ts'
import { findPostgres } from '../support/postgres.ts'
import { startPostgresWithTls } from '../support/postgres-with-tls.ts'
import { rootKeysIn, startRolecallProcess } from '../support/rolecall-process.ts'
import { type LoadResult, loadRotations } from '../support/rotation-load.ts'
import { benchDueSecrets } from './due-secrets.ts'

const clients = 50
const rotations = 100

/**
 * Log-ins without end while the secret is rotated: how many fail, and how long the window of a single user is. Then a
 * thousand secrets that are due at once.
 */
export async function benchRotation(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-bench-rotation-'))
  const dataDir = join(folder, 'data')
  const rolecall = await startRolecallProcess(dataDir, { ROLECALL_DEMO: 'off' })
  try {
    const secrets = new SecretsManagerClient({
      endpoint: rolecall.url,
      region: 'us-east-1',
      credentials: rootKeysIn(dataDir),
    })
    if (findPostgres() === undefined) process.stdout.write('postgresql is not installed\n')
    else await measure(secrets, await startPostgresWithTls())
    if (findMariaDb() === undefined) process.stdout.write('mariadb-server is not installed\n')
    else await measure(secrets, await startMariaDb())
  } finally {
    await rolecall.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  await benchDueSecrets()
}

async function measure(secrets: SecretsManagerClient, server: DatabaseServer): Promise<void> {
  try {
    for (const strategy of ['alternating-users', 'single-user'] as const) {
      report(server, strategy, await loadRotations(secrets, server, { strategy, clients, rotations }))
    }
  } finally {
    await server.stop()
  }
}

function report(
  { kind }: DatabaseServer,
  strategy: 'alternating-users' | 'single-user',
  { logins, failed, outsideWindows, unhealed, windows }: LoadResult,
): void {
  const mayFail = strategy === 'single-user'
  const isGood =
    windows.length === rotations && outsideWindows === 0 && unhealed === 0 && (mayFail || failed === 0)
  if (!isGood) process.exitCode = 1
  const lengths = windows.map(({ fromMs, toMs }) => Math.round(toMs - fromMs)).sort((a, b) => a - b)
  const cells = [
    `${windows.length} rotations under ${logins} log-ins of ${clients} clients`,
    `${failed} refused, of which ${outsideWindows} outside the window and ${unhealed} again at the one retry`,
    `from the new password to its AWSCURRENT ${lengths[lengths.length >> 1]} ms, at most ${lengths.at(-1)} ms${isGood ? '' : '  MISSED'}`,
  ]
  process.stdout.write(`${kind}, ${strategy}: ${cells.join('; ')}\n`)
}
