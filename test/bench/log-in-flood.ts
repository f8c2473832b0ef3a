import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess } from '../support/start-process.ts'
import { type LoadResult, median, runLoad } from './load.ts'
import { accountsEnv, addAccounts, rightLogIn, wrongLogIn } from './own-accounts.ts'
import { goal, line } from './server-race.ts'
import { createRole, issuerEnv, makeRequests, startIssuer } from './web-identity-load.ts'

const tokens = 5_000
const people = 10_000
const rounds = 21
const load = { connections: 32, seconds: 0.5 }
/** How long a flood has been going on when the callers come. */
const leadSeconds = 0.3

type Flood = { story: string; connections: number; request(n: number): Buffer }

/**
 * Right passwords are hashed for as long as they come. Of wrong ones strangers have so many a minute, and are refused
 * at once afterwards.
 */
const floods: readonly Flood[] = [32, 8].flatMap(connections => [
  { story: 'right', connections, request: (n: number) => rightLogIn(n % people) },
  { story: 'wrong', connections, request: wrongLogIn },
])

/**
 * What a flood of log-ins at own accounts leaves of AssumeRoleWithWebIdentity: callers who are alone and callers who are
 * not take turns. The flood comes from the same process as the callers, and waits for no `Retry-After`.
 */
export async function benchLogInFlood(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-bench-flood-'))
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const issuer = await startIssuer(publicKey)
  await addAccounts(folder, people)
  const rolecall = await startProcess('server/main.ts', {
    env: {
      PORT: '0',
      ROLECALL_DATA_DIR: folder,
      ROLECALL_DEMO: 'off',
      ROLECALL_LOG_LEVEL: 'warn',
      ...issuerEnv(issuer.url),
      ...accountsEnv,
    },
    ready: /Rolecall is ready: http:\/\/localhost:(\d+)/,
  })
  try {
    await createRole(rolecall.ready, issuer.url)
    const requests = await makeRequests(tokens, privateKey, issuer.url)
    for (const flood of floods) report(flood, await runRounds(Number(rolecall.ready), requests, flood))
  } finally {
    await rolecall.stop()
    issuer.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

type Round = { quiet: LoadResult; busy: LoadResult; flooded: LoadResult }

async function runRounds(port: number, requests: readonly Buffer[], flood: Flood): Promise<Round[]> {
  let at = 0
  let guess = 0
  const call = () => runLoad({ port, ...load }, () => requests[at++ % requests.length] ?? Buffer.alloc(0))
  const under = async () => {
    const { connections } = flood
    const seconds = leadSeconds + load.seconds
    const flooding = runLoad({ port, connections, seconds }, () => flood.request(guess++))
    await new Promise(resolve => setTimeout(resolve, leadSeconds * 1000))
    const busy = await call()
    return { busy, flooded: await flooding }
  }
  // For the compiler's sake; not counted.
  await call()
  await under()
  const results: Round[] = []
  for (let round = 0; round < rounds; round++) {
    // Who goes first changes, so that neither always has the warmer machine.
    if (round % 2 === 0) results.push({ quiet: await call(), ...(await under()) })
    else results.push({ ...(await under()), quiet: await call() })
  }
  return results
}

function report({ story, connections }: Flood, results: readonly Round[]): void {
  const shares = results.map(({ quiet, busy }) => busy.perSecond / quiet.perSecond)
  const medianOf = (of: (round: Round) => number) => median(results.map(of))
  const sumOf = (of: (round: Round) => number) => results.reduce((sum, round) => sum + of(round), 0)
  goal(
    `AssumeRoleWithWebIdentity in a flood of log-ins with ${story} passwords over ${connections} connections beside ${load.connections}`,
    median(shares),
    0.8,
  )
  const [lower, upper] = [0.25, 0.75].map(part => shares.toSorted((a, b) => a - b)[Math.floor(part * rounds)])
  const throttled = sumOf(({ flooded }) => flooded.throttled) / sumOf(({ flooded }) => flooded.requests)
  const letIn = medianOf(({ flooded }) => (flooded.requests - flooded.failures) / flooded.seconds)
  const cells = [
    `half of the rounds between ${lower?.toFixed(2)} and ${upper?.toFixed(2)}`,
    `${medianOf(({ busy }) => busy.perSecond).toFixed(0)} calls a second`,
    `${medianOf(({ flooded }) => flooded.perSecond).toFixed(0)} log-ins, ${letIn.toFixed(0)} of them let in`,
    `${(throttled * 100).toFixed(0)} % answered 429 with Retry-After`,
  ]
  line(`  ${cells.join('; ')}`)
  const failed = sumOf(({ quiet, busy }) => quiet.failures + busy.failures)
  // Nothing but 429 is in the way of a right password.
  const lost = story === 'right' ? sumOf(({ flooded }) => flooded.failures - flooded.throttled) : 0
  if (failed + lost === 0) return
  line(`  ${failed} calls and ${lost} log-ins failed`)
  process.exitCode = 1
}
