import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { startRolecallProcess } from '../support/rolecall-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const env = { ROLECALL_ACCOUNTS: 'on', ROLECALL_TRUSTED_PROXIES: '127.0.0.1', ROLECALL_DEMO: 'off' }
const start = () => startRolecallProcess(temporaryFolder(), env)

/** By a name that nobody has, each from another network. */
async function logIn(url: string, n: number) {
  const form = { grant_type: 'password', provider_id: 'accounts', username: `nobody-${n}@example.com` }
  const answer = await fetch(`${url}/token`, {
    method: 'POST',
    headers: { 'x-forwarded-for': `198.18.0.${n}` },
    body: new URLSearchParams({ ...form, password: 'a walrus' }),
  })
  return { status: answer.status, again: answer.headers.get('retry-after'), said: await answer.text() }
}

/** How much less urgent than its first thread each thread of a process is. */
function nicenessIn(pid: number): number[] {
  const folder = `/proc/${pid}/task`
  const nice = readdirSync(folder).map(thread => {
    const stat = readFileSync(`${folder}/${thread}/stat`, 'utf8')
    // Behind the name, which may hold anything. @see proc_pid_stat(5), field 19
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
  })
  return nice.map(one => one - (nice[0] ?? 0))
}

test('of more log-ins than are looked at at once the rest is told, alike, when to come again', async () => {
  const { url } = await start()
  const answers = await Promise.all(Array.from({ length: 80 }, (_, n) => logIn(url, n)))
  const excess = answers.filter(({ status }) => status === 429)
  const refused = answers.filter(({ status }) => status === 400)
  assert.ok(excess.length > 0 && refused.length >= 16, `${excess.length} and ${refused.length}`)
  assert.equal(excess.length + refused.length, answers.length)
  for (const { again, said } of excess) {
    assert.equal(again, '1')
    assert.deepEqual([said, JSON.parse(said).error], [excess[0]?.said, 'slow_down'])
  }
  for (const { again, said } of refused) {
    assert.equal(again, null)
    assert.equal(JSON.parse(said).error, 'invalid_grant')
  }
})

test('a service that is stopped amid log-ins answers them and ends', async () => {
  const rolecall = await start()
  const answers = Array.from({ length: 12 }, (_, n) => logIn(rolecall.url, n))
  await Promise.race(answers)
  assert.equal(await rolecall.stop(), 0)
  for (const { status } of await Promise.all(answers)) assert.ok(status === 400 || status === 429)
})

test(
  'hashing has one thread or two of its own from the first log-in on, and those alone are less urgent',
  { skip: process.platform === 'linux' ? false : 'priorities are a process’s there' },
  async () => {
    const { url, child } = await start()
    const isNice = (by: number) => by > 0
    assert.deepEqual(nicenessIn(child.pid ?? 0).filter(isNice), [])
    await logIn(url, 1)
    const [first, ...others] = nicenessIn(child.pid ?? 0)
    const nice = others.filter(isNice)
    assert.ok(first === 0 && (nice.length === 1 || nice.length === 2), String(others))
    assert.deepEqual(new Set(nice), new Set([10]))
  },
)
