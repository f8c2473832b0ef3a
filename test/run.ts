/**
 * `npm test`: sees to what the tests need, then runs them.
 * Arguments choose files by a part of their path (`npm test -- test/policy`); those that begin with a dash go to node.
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { settingNames } from '../server/settings.ts'
import { findChromium } from './support/chromium.ts'
import { installPackage, mayInstall } from './support/debian.ts'
import { findPostgres, type PostgresServer, serverUrlVariable, startPostgres } from './support/postgres.ts'

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
requirePart(ensureChromium(), 'Browser tests')
const postgres = await ensurePostgres()
const code = await runNode()
await postgres?.stop()
process.exit(code)

/** What is not there is said plainly, and under CI=true it is a failure. */
function requirePart(missing: string | undefined, tests: string): void {
  if (missing === undefined) return
  const allowed = process.env.CI !== 'true'
  console.error(`${missing} ${allowed ? `${tests} are skipped.` : 'Under CI=true that is a failure.'}`)
  if (!allowed) process.exit(1)
}

/** Installs chromium where it may. Where there is none afterwards, one sentence says why. */
function ensureChromium(): string | undefined {
  return ensurePackage('chromium', findChromium)
}

/** One server for the whole run, in which each test file makes databases of its own. */
async function ensurePostgres(): Promise<PostgresServer | undefined> {
  requirePart(ensurePackage('postgresql', findPostgres), 'Tests on PostgreSQL')
  const bin = findPostgres()
  if (bin === undefined) return undefined
  const server = await startPostgres(bin)
  process.env[serverUrlVariable] = server.url
  return server
}

function ensurePackage(name: string, find: () => string | undefined): string | undefined {
  if (find() !== undefined) return undefined
  if (!mayInstall()) return `${name} is not here, and only root on Debian may install it.`
  console.log(`Installing ${name} from Debian for the tests: once, a minute or so.`)
  const problem = installPackage(name)
  return find() === undefined ? `${name} could not be installed (${problem}).` : undefined
}

/** The exit code of `node --test`; a signal to us is a signal to it. */
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
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', code => resolve(code ?? 1))
  })
}

/** Our own settings in the caller's shell must not decide what a test sees. */
function withoutSettings(): NodeJS.ProcessEnv {
  const ours = (name: string) =>
    name !== serverUrlVariable && (settingNames.includes(name) || /^(?:ROLECALL|OIDC)_/.test(name))
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours(name)))
}
