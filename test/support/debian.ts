import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const listsSeconds = 120
const installSeconds = 420

/** Whether packages can be installed here without asking anybody: root on Debian. */
export function mayInstall(): boolean {
  return process.getuid?.() === 0 && /^ID=debian$/m.test(osRelease())
}

/**
 * Installs Debian packages, quietly and within a time limit.
 *
 * @param answers to what a package would ask, as debconf-set-selections reads them
 * @returns undefined when they are installed, else one line saying why not.
 */
export function installPackages(names: readonly string[], answers = ''): string | undefined {
  return (
    apt(['update'], listsSeconds) ??
    answer(answers) ??
    apt(['install', '--yes', '--no-install-recommends', ...names], installSeconds)
  )
}

function answer(answers: string): string | undefined {
  if (answers === '') return undefined
  const { status, error } = spawnSync('debconf-set-selections', { input: `${answers}\n`, stdio: 'pipe' })
  return status === 0
    ? undefined
    : `debconf-set-selections failed: ${error?.message ?? `exit code ${status}`}`
}

/** Debian's own tools may hold the lock for a moment, at boot for one: wait for it, but not for ever. */
function apt(command: string[], seconds: number): string | undefined {
  const { status, error, stderr } = spawnSync(
    'apt-get',
    ['-qq', '-o', 'DPkg::Lock::Timeout=60', '-o', 'Acquire::Retries=2', ...command],
    {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: seconds * 1000,
    },
  )
  if (status === 0) return undefined
  const why = error?.message ?? stderr.trim().split('\n').at(-1)
  return `apt-get ${command[0]} failed: ${why || `exit code ${status}`}`
}

function osRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8')
  } catch {
    return ''
  }
}
