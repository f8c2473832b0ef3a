import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Refusal } from '../../server/base/refusal.ts'
import { createDirectory } from '../../server/directory/directory.ts'
import { createPasswordTries, type PasswordTries } from '../../server/identity/password-tries.ts'
import type { Directory } from '../support/directory.ts'
import { parsedSettingsOf } from '../support/directory-settings.ts'
import { directoryEnv } from '../support/password-doors.ts'
import { findSamba, startSamba } from '../support/samba.ts'
import { signRequest } from '../support/sign-request.ts'
import { findSlapd, startSlapd } from '../support/slapd.ts'
import { startProcess } from '../support/start-process.ts'
import { median, runLoad } from './load.ts'
import { accountsEnv, logInRequest, wrongLogIn } from './own-accounts.ts'

const names = 1_000_000
const tries = 25
const rounds = 5
const load = { connections: 32, seconds: 1 }
const root = { accessKeyId: 'AKIABENCHBENCHBENCHB', secret: 'bench'.repeat(8) }

/**
 * What guessing at passwords costs: memory for a million names, the time of refusals beside each other, and what is left
 * for others while log-ins come in a flood.
 */
export async function benchLogins(): Promise<void> {
  for (const [story, perNameMs] of [
    ['all at once', 0],
    ['as fast as strangers may fail', 100],
  ] as const) {
    await measureMemory(story, perNameMs)
  }
  if (findSlapd() === undefined) line('slapd is not installed: no log-ins are timed')
  else {
    const slapd = await startSlapd()
    try {
      await timeRefusals('OpenLDAP', slapd, 'ldap')
      await measureFlood('the directory', directoryEnv(slapd), directoryRequest)
    } finally {
      await slapd.stop()
    }
  }
  await measureFlood('own accounts', accountsEnv, wrongLogIn)
  if (findSamba() === undefined) return
  const samba = await startSamba()
  try {
    await timeRefusals('Samba AD', samba.directory, 'ad')
  } finally {
    await samba.stop()
  }
}

const refuse = async () => {
  throw new Refusal('password.refused')
}

async function measureMemory(story: string, perNameMs: number): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const heapMb = () => {
    collectGarbage()
    return process.memoryUsage().heapUsed / 1024 ** 2
  }
  let nowMs = 1_700_000_000_000
  const passwordTries = createPasswordTries(() => nowMs, { stepMs: 0 })
  const before = heapMb()
  const startedMs = performance.now()
  for (let n = 0; n < names; n++) {
    const sourceIp = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`
    await passwordTries.attempt({ name: `somebody-${n}`, sourceIp }, refuse).catch(() => undefined)
    nowMs += perNameMs
  }
  const perNameUs = ((performance.now() - startedMs) * 1000) / names
  const grown = heapMb() - before
  line(
    `${names} names that are tried ${story}: ${passwordTries.size()} counts kept, ${grown.toFixed(1)} MiB more (goal: at most 16), ${perNameUs.toFixed(0)} µs each`,
  )
  if (grown > 16) process.exitCode = 1
}

/**
 * Once as the directory takes, once as it is answered. The clock goes on by a quarter of an hour a try, so that none is
 * refused unseen.
 */
async function timeRefusals(called: string, of: Directory, kind: 'ad' | 'ldap'): Promise<void> {
  let nowMs = Date.now()
  const directory = createDirectory(parsedSettingsOf(of, kind), Date.now, { warn() {} })
  const refused = [
    { story: 'an unknown person', name: 'nobody', password: 'wrong' },
    { story: 'a wrong password', name: 'ada', password: 'wrong' },
    { story: 'a disabled account', name: 'grace', password: of.passwords.grace ?? '' },
    { story: 'a locked account', name: 'lena', password: of.passwords.lena ?? '' },
    { story: 'an expired account', name: 'olga', password: of.passwords.olga ?? '' },
    { story: 'a password to change', name: 'mia', password: of.passwords.mia ?? '' },
  ]
  const measure = async (passwordTries: PasswordTries) => {
    const times = new Map(refused.map(({ story }) => [story, [] as number[]]))
    for (let round = -3; round < tries; round++) {
      for (const { story, name, password } of round % 2 === 0 ? refused : refused.toReversed()) {
        nowMs += 15 * 60_000
        const startedMs = performance.now()
        const reason = await passwordTries
          .attempt({ name, sourceIp: '192.0.2.1' }, () => directory.logIn(name, password))
          .catch(error => error.reason)
        if (reason !== 'password.refused') throw new Error(`${name}: ${reason}`)
        if (round >= 0) times.get(story)?.push(performance.now() - startedMs)
      }
    }
    return new Map([...times].map(([story, all]) => [story, median(all)]))
  }
  const bare = await measure(createPasswordTries(() => nowMs, { stepMs: 0 }))
  const answered = await measure(createPasswordTries(() => nowMs))
  await directory.close()
  line(`refused log-ins at ${called}, medians of ${tries}, by that of ${refused[0]?.story}`)
  line('                           at the directory   answered (goal: 0.95 to 1.05)')
  for (const { story } of refused) {
    const ratio = (of: Map<string, number>) => (of.get(story) ?? 0) / (of.get(refused[0]?.story ?? '') ?? 0)
    const isEven = Math.abs(ratio(answered) - 1) <= 0.05
    line(
      `  ${story.padEnd(22)} ${ratio(bare).toFixed(2).padStart(18)} ${ratio(answered).toFixed(3).padStart(10)}${isEven ? '' : '  MISSED'}`,
    )
    if (!isEven) process.exitCode = 1
  }
}

/** Callers, and so many connections beside them that log in without end, each with the share that would be even. */
const floods = [
  { connections: 32, goal: 0.4 },
  { connections: 8, goal: 0.6 },
]

async function measureFlood(
  where: string,
  env: Record<string, string>,
  request: (n: number) => Buffer,
): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rolecall-bench-logins-'))
  const server = await startProcess('server/main.ts', {
    env: {
      PORT: '0',
      ROLECALL_DATA_DIR: dataDir,
      ROLECALL_ROOT_ACCESS_KEY_ID: root.accessKeyId,
      ROLECALL_ROOT_SECRET_ACCESS_KEY: root.secret,
      ROLECALL_DEMO: 'off',
      ROLECALL_LOG_LEVEL: 'warn',
      ...env,
    },
    ready: /Rolecall is ready: http:\/\/localhost:(\d+)/,
  })
  const port = Number(server.ready)
  try {
    const callers = Array.from({ length: 500 }, identityRequest)
    let at = 0
    const call = () => runLoad({ port, ...load }, () => callers[at++ % callers.length] ?? Buffer.alloc(0))
    let guess = 0
    const flood = (connections: number, seconds = load.seconds) =>
      runLoad({ port, connections, seconds }, () => request(guess++))
    await call()
    // Until strangers have used up what they have: from then on they are refused at once, and come the faster.
    await flood(load.connections, 6)
    for (const { connections, goal } of floods) {
      const shares: number[] = []
      let failures = 0
      let guesses = 0
      for (let round = 0; round < rounds; round++) {
        const quiet = await call()
        const [busy, flooded] = await Promise.all([call(), flood(connections)])
        shares.push(busy.perSecond / quiet.perSecond)
        failures += quiet.failures + busy.failures
        guesses += flooded.perSecond / busy.perSecond / rounds
      }
      const share = median(shares)
      line(
        `GetCallerIdentity in a flood of log-ins at ${where} over ${connections} connections, ${guesses.toFixed(1)} for each call: ${share.toFixed(2)} of its quiet speed (goal: at least ${goal})${share < goal ? '  MISSED' : ''}`,
      )
      if (failures > 0) line(`${failures} calls failed`)
      if (share < goal || failures > 0) process.exitCode = 1
    }
  } finally {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function identityRequest(): Buffer {
  const body = 'Action=GetCallerIdentity&Version=2011-06-15'
  const { headers } = signRequest({
    ...root,
    at: new Date(),
    service: 'sts',
    body,
    headers: { host: '127.0.0.1', 'x-nonce': randomBytes(8).toString('hex') },
  })
  const lines = Object.entries(headers).map(([name, values]) => `${name}: ${values?.[0]}`)
  return Buffer.from(['POST / HTTP/1.1', ...lines, `content-length: ${body.length}`, '', body].join('\r\n'))
}

/** Each with another name and from another network. */
function directoryRequest(n: number): Buffer {
  const body = `Action=AssumeRoleWithLDAPIdentity&Version=2011-06-15&LDAPUsername=somebody-${n}&LDAPPassword=wrong`
  return logInRequest('/', body, n)
}

function line(text: string): void {
  process.stdout.write(`${text}\n`)
}
