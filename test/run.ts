/**
 * `npm test`: sees to what the tests need, then runs them.
 * Arguments choose files by a part of their path (`npm test -- test/policy`); those that begin with a dash go to node.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { settingNames } from '../server/settings/settings.ts'
import { findChromium } from './support/chromium.ts'
import { installPackages, mayInstall } from './support/debian.ts'
import { anyImports } from './support/imports.ts'
import { findMariaDb } from './support/mariadb.ts'
import { findPostgres, type PostgresServer, serverUrlVariable, startPostgres } from './support/postgres.ts'
import { findSamba, type SambaServer, sambaPackages, sambaVariable, startSamba } from './support/samba.ts'
import { findSlapd } from './support/slapd.ts'

process.chdir(dirname(import.meta.dirname))

const asked = process.argv.slice(2)
const options = asked.filter(argument => argument.startsWith('-'))
const filters = asked.filter(argument => !argument.startsWith('-')).map(path => path.replace(/^\.\//, ''))

const files = globSync('test/**/*.test.ts', { exclude: ['test/bench/**'] })
  .filter(file => filters.length === 0 || filters.some(filter => file.includes(filter)))
  .sort()

if (files.length === 0) {
  console.error(`No test file has ${filters.join(' or ')} in its path.`)
  process.exit(1)
}
let tests: ChildProcess | undefined
endWithUs()
requirePart(ensurePackage('chromium', findChromium), 'Browser tests')
requirePart(ensurePackage('postgresql', findPostgres), 'Tests on PostgreSQL')
if (needs('samba')) requirePart(ensureSamba(), 'Tests on Active Directory')
if (needs('slapd')) requirePart(ensureSlapd(), 'Tests on OpenLDAP')
if (needs('mariadb')) requirePart(ensurePackage('mariadb-server', findMariaDb), 'Tests on MariaDB')
// Side by side: Samba takes the longest, and must begin first.
const servers = await Promise.all([needs('samba') ? startSambaHere() : undefined, startPostgresHere()])
const code = await runNode()
await Promise.all(servers.map(server => server?.stop()))
process.exit(code)

/** Signals reach the tests, and however a run ends, nothing of it stays in the temporary folder. */
function endWithUs(): void {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-'))
  // PostgreSQL's user must find its own folder in it.
  chmodSync(folder, 0o711)
  process.env.TMPDIR = folder
  process.on('exit', () => remove(folder))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (tests === undefined) process.exit(1)
      // node's test runner ends its files by these two, but not by a hang-up.
      tests.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal)
    })
  }
}

/** What was just killed may write for a moment longer, and an exit waits for no promise. */
function remove(folder: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (let tries = 0; tries < 100 && existsSync(folder); tries++) {
    try {
      rmSync(folder, { recursive: true, force: true })
    } catch {}
    Atomics.wait(pause, 0, 0, 20)
  }
}

/** Directories take seconds to start: only for files that use them. */
function needs(part: 'samba' | 'slapd' | 'mariadb'): boolean {
  return anyImports(files, `test/support/${part}.ts`)
}

/** What is not there is said plainly, and under CI=true it is a failure. */
function requirePart(missing: string | undefined, tests: string): void {
  if (missing === undefined) return
  const allowed = process.env.CI !== 'true'
  console.error(`${missing} ${allowed ? `${tests} are skipped.` : 'Under CI=true that is a failure.'}`)
  if (!allowed) process.exit(1)
}

/** One server for the whole run, in which each test file makes databases of its own. */
async function startPostgresHere(): Promise<PostgresServer | undefined> {
  const bin = findPostgres()
  if (bin === undefined) return undefined
  const server = await startPostgres(bin)
  process.env[serverUrlVariable] = server.url
  return server
}

function ensureSamba(): string | undefined {
  if (process.getuid?.() !== 0) return 'A domain controller listens on port 389, which only root may do.'
  return ensurePackage('samba-ad-dc', findSamba, sambaPackages)
}

/** One domain for the whole run. */
async function startSambaHere(): Promise<SambaServer | undefined> {
  if (findSamba() === undefined) return undefined
  const server = await startSamba()
  process.env[sambaVariable] = JSON.stringify(server.directory)
  return server
}

/** Each test file starts its own; Debian's package must not start one, which would take Samba's port. */
function ensureSlapd(): string | undefined {
  return ensurePackage('slapd', findSlapd, ['slapd'], 'slapd slapd/no_configuration boolean true')
}

/** Installs what is not there where it may. Where it is still not there afterwards, one sentence says why. */
function ensurePackage(
  name: string,
  find: () => string | undefined,
  packages = [name],
  answers?: string,
): string | undefined {
  if (find() !== undefined) return undefined
  if (!mayInstall()) return `${name} is not here, and only root on Debian may install it.`
  console.log(`Installing ${name} from Debian for the tests: once, a minute or so.`)
  const problem = installPackages(packages, answers)
  return find() === undefined ? `${name} could not be installed (${problem}).` : undefined
}

/** The exit code of `node --test`. */
function runNode(): Promise<number> {
  const child = spawn(
    process.execPath,
    [
      '--test',
      '--test-reporter=spec',
      `--test-concurrency=${availableParallelism()}`,
      // What hangs is a failure with a name, not a silent run until somebody's patience ends.
      '--test-timeout=180000',
      ...options,
      ...files,
    ],
    { stdio: 'inherit', env: withoutSettings() },
  )
  tests = child
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', code => resolve(code ?? 1))
  })
}

/** Our own settings in the caller's shell must not decide what a test sees. */
function withoutSettings(): NodeJS.ProcessEnv {
  const started = [serverUrlVariable, sambaVariable]
  const ours = (name: string) =>
    !started.includes(name) && (settingNames.includes(name) || /^(?:ROLECALL|OIDC)_/.test(name))
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours(name)))
}
