import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Refusal, retryHeaders } from '../../server/base/refusal.ts'
import { createPasswordTries } from '../../server/identity/password-tries.ts'
import { refusalOf } from '../support/refusal-of.ts'

const minute = 60_000
const quarter = 15 * minute

function start() {
  let nowMs = 1_700_000_000_000
  const tries = createPasswordTries(() => nowMs, { stepMs: 0 })
  const log: string[] = []
  const attempt = (name: string, sourceIp: string, outcome: 'right' | 'wrong' | 'unreachable' = 'wrong') =>
    tries.attempt({ name, sourceIp }, async () => {
      log.push(`${name} ${outcome}`)
      if (outcome === 'right') return name
      throw new Refusal(outcome === 'wrong' ? 'password.refused' : 'issuer.unreachable')
    })
  /** What becomes of a try: its outcome, or for how many seconds it has to wait. */
  const outcomeOf = (...args: Parameters<typeof attempt>) =>
    attempt(...args).then(
      () => 'right' as const,
      (error: Refusal) => (retryHeaders(error)['retry-after'] ? waitIn(error) : error.reason),
    )
  return { tries, log, attempt, outcomeOf, advanceMs: (ms: number) => (nowMs += ms) }
}

const waitIn = (error: Refusal) => Number(retryHeaders(error)['retry-after'])
/** Addresses of as many networks. */
const addresses = (count: number) => Array.from({ length: count }, (_, n) => `198.18.${n >> 8}.${n & 255}`)

describe('one name', () => {
  test('has five wrong passwords a quarter of an hour in one network', async () => {
    const { outcomeOf, log, advanceMs } = start()
    for (let n = 0; n < 5; n++) assert.equal(await outcomeOf('ada', '192.0.2.1'), 'password.refused')
    assert.equal(await outcomeOf('ada', '192.0.2.1', 'right'), 900)
    assert.equal(log.length, 5, 'nobody is asked any more')
    assert.equal(await outcomeOf('ben', '192.0.2.1', 'right'), 'right')
    assert.equal(await outcomeOf('ada', '192.0.2.2', 'right'), 'right')
    advanceMs(quarter)
    assert.equal(await outcomeOf('ada', '192.0.2.1', 'right'), 'right')
  })

  test('has ten in all networks that it has not logged in from', async () => {
    const { outcomeOf } = start()
    const from = addresses(11)
    for (const address of from.slice(0, 10)) assert.equal(await outcomeOf('ada', address), 'password.refused')
    assert.equal(await outcomeOf('ada', from[10] ?? '', 'right'), 900)
  })

  test('is counted whether anybody has it or not, and however it is spelled', async () => {
    const { outcomeOf } = start()
    for (const name of ['ada', 'ADA', ' ada', 'a\u00adda', 'ａｄａ'])
      assert.equal(await outcomeOf(name, '192.0.2.1'), 'password.refused')
    assert.equal(await outcomeOf('Ada', '192.0.2.1'), 900)
  })

  test('takes fewer than a hundred guesses an hour from strangers, whatever they have', async () => {
    const { log, outcomeOf, advanceMs } = start()
    const from = addresses(300)
    for (let second = 0; second < 2 * 3600; second += 4) {
      await outcomeOf('ada', from[second % from.length] ?? '')
      advanceMs(4_000)
    }
    assert.ok(log.length <= 2 * 4 * 10, `${log.length} in two hours`)
  })
})

describe('who is known in a network', () => {
  test('gets in while others guess at their name from elsewhere', async () => {
    const { outcomeOf, advanceMs } = start()
    assert.equal(await outcomeOf('ada', '192.0.2.1', 'right'), 'right')
    advanceMs(86_400_000)
    for (const address of addresses(700)) await outcomeOf('ada', address)
    assert.equal(await outcomeOf('ada', '192.0.2.200', 'right'), 900, 'from elsewhere they don’t')
    assert.equal(await outcomeOf('ada', '192.0.2.1', 'right'), 'right')
    assert.equal(await outcomeOf('ADA', '192.0.2.1', 'right'), 'right')
  })

  test('gets in while others flood all there is', async () => {
    const { outcomeOf } = start()
    assert.equal(await outcomeOf('ada', '192.0.2.1', 'right'), 'right')
    for (const address of addresses(600)) await outcomeOf(address, address)
    assert.equal(await outcomeOf('ben', '192.0.2.2', 'right'), 60)
    assert.equal(await outcomeOf('ada', '192.0.2.1', 'right'), 'right')
  })

  test('gets in after a stranger behind the same address has used it up', async () => {
    const { outcomeOf } = start()
    assert.equal(await outcomeOf('ada', '192.0.2.1', 'right'), 'right')
    for (let n = 0; n < 50; n++) await outcomeOf(`somebody-${n}`, '192.0.2.1')
    assert.equal(await outcomeOf('ben', '192.0.2.1', 'right'), 900)
    assert.equal(await outcomeOf('ada', '192.0.2.1', 'right'), 'right')
  })

  test('has five wrong passwords there as well', async () => {
    const { outcomeOf } = start()
    await outcomeOf('ada', '192.0.2.1', 'right')
    for (let n = 0; n < 5; n++) assert.equal(await outcomeOf('ada', '192.0.2.1'), 'password.refused')
    assert.equal(await outcomeOf('ada', '192.0.2.1', 'right'), 900)
  })

  test('is one of many who are tried through: an office has a hundred', async () => {
    const { outcomeOf, log } = start()
    for (let n = 0; n < 200; n++) await outcomeOf(`worker-${n}`, '192.0.2.1', 'right')
    log.length = 0
    for (let n = 0; n < 200; n++) await outcomeOf(`worker-${n}`, '192.0.2.1')
    assert.equal(log.length, 100)
  })

  test('is forgotten after thirty days, and beyond their eight latest networks', async () => {
    const { outcomeOf, advanceMs } = start()
    const isKnown = async (address: string) => {
      for (const other of addresses(10)) await outcomeOf('ada', other)
      return (await outcomeOf('ada', address, 'right')) === 'right'
    }
    await outcomeOf('ada', '192.0.2.1', 'right')
    advanceMs(30 * 86_400_000)
    assert.equal(await isKnown('192.0.2.1'), false)
    advanceMs(quarter)
    for (let n = 1; n <= 9; n++) await outcomeOf('ada', `192.0.2.${n}`, 'right')
    assert.equal(await isKnown('192.0.2.1'), false)
    assert.equal(await isKnown('192.0.2.2'), true)
    assert.equal(await isKnown('192.0.2.9'), true)
  })
})

describe('one network', () => {
  test('has fifty wrong passwords, whatever the names', async () => {
    const { outcomeOf, log } = start()
    for (let n = 0; n < 60; n++) await outcomeOf(`person-${n}`, `2001:db8::${n}`)
    assert.equal(log.length, 50)
    assert.equal(await outcomeOf('ada', '2001:db8::', 'right'), 900)
    assert.equal(await outcomeOf('ada', '2001:db8:0:1::', 'right'), 'right')
  })

  test('is one of 65,536 that a single customer may have: they share two hundred', async () => {
    const { outcomeOf, log } = start()
    for (let n = 0; n < 300; n++) await outcomeOf(`person-${n}`, `2001:db8:0:${n.toString(16)}::1`)
    assert.equal(log.length, 200)
    assert.equal(await outcomeOf('ada', '2001:db8:1::', 'right'), 'right')
  })
})

test('all strangers together have six hundred wrong passwords a minute', async () => {
  const { outcomeOf, log, advanceMs } = start()
  for (const address of addresses(700)) await outcomeOf(`of ${address}`, address)
  assert.equal(log.length, 600)
  assert.equal(await outcomeOf('ada', '192.0.2.1', 'right'), 60)
  advanceMs(minute)
  assert.equal(await outcomeOf('ada', '192.0.2.1', 'right'), 'right')
})

test('what was no wrong password counts against nobody, and leaves nothing behind', async () => {
  const { outcomeOf, tries } = start()
  for (let n = 0; n < 1_000; n++) {
    assert.equal(await outcomeOf('ada', '192.0.2.1', 'unreachable'), 'issuer.unreachable')
    assert.equal(await outcomeOf('ben', '192.0.2.1', 'right'), 'right')
  }
  assert.equal(tries.size(), 0)
})

test('a right password ends the counting of what the same person mistyped in that network, and no more', async () => {
  const { outcomeOf } = start()
  const mistype = async (address: string) => {
    for (let n = 0; n < 4; n++) assert.equal(await outcomeOf('ada', address), 'password.refused')
  }
  await mistype('192.0.2.1')
  assert.equal(await outcomeOf('ada', '192.0.2.1', 'right'), 'right')
  await mistype('192.0.2.1')
  await mistype('192.0.2.2')
  // As a stranger, four in each of two networks before: two are left of ten.
  assert.equal(await outcomeOf('ada', '192.0.2.3'), 'password.refused')
  assert.equal(await outcomeOf('ada', '192.0.2.3'), 'password.refused')
  assert.equal(await outcomeOf('ada', '192.0.2.3'), 900)
})

test('a try that is refused uses nothing up, and makes nobody wait longer', async () => {
  const { outcomeOf, tries, advanceMs } = start()
  for (let n = 0; n < 5; n++) await outcomeOf('ada', '192.0.2.1')
  advanceMs(10 * minute)
  const size = tries.size()
  for (let n = 0; n < 1_000; n++) assert.equal(await outcomeOf('ada', '192.0.2.1'), 300)
  assert.ok(tries.size() <= size)
  for (let n = 0; n < 5; n++) assert.equal(await outcomeOf('ada', '192.0.2.2'), 'password.refused')
  advanceMs(5 * minute)
  assert.equal(await outcomeOf('ada', '192.0.2.1'), 'password.refused')
})

describe('of tries at once', () => {
  function startWaiting() {
    const { tries, outcomeOf } = start()
    const waiting: ((outcome: Refusal | 'right') => void)[] = []
    const attempt = (name: string, sourceIp: string) => {
      const answer = tries.attempt(
        { name, sourceIp },
        () =>
          new Promise<string>((resolve, reject) => {
            waiting.push(outcome => (outcome === 'right' ? resolve(outcome) : reject(outcome)))
          }),
      )
      answer.catch(() => undefined)
      return answer
    }
    const settle = () => new Promise(resolve => setImmediate(resolve))
    return { attempt, waiting, settle, outcomeOf }
  }

  test('a hundred guesses at a name are five; the others may come again in a moment', async () => {
    const { attempt, waiting, settle } = startWaiting()
    const answers = Array.from({ length: 100 }, () => attempt('ada', '192.0.2.1'))
    await settle()
    assert.equal(waiting.length, 5)
    assert.equal(waitIn(await refusalOf(answers[99] ?? assert.fail())), 1)
    for (const answer of waiting) answer(new Refusal('password.refused'))
    await settle()
    const refusal = await refusalOf(attempt('ada', '192.0.2.1'))
    assert.equal(waitIn(refusal), 900)
  })

  test('strangers have sixteen places, and those who are known twelve of their own', async () => {
    const { attempt, waiting, settle, outcomeOf } = startWaiting()
    const workers = Array.from({ length: 20 }, (_, n) => `worker-${n}`)
    for (const name of workers) await outcomeOf(name, '192.0.2.1', 'right')
    const answers = addresses(1_000).map(address => attempt(`of ${address}`, address))
    await settle()
    assert.equal(waiting.length, 16)
    assert.equal(waitIn(await refusalOf(answers[999] ?? assert.fail())), 1)
    for (const name of workers) attempt(name, '192.0.2.1')
    await settle()
    assert.equal(waiting.length, 28)
    for (const answer of waiting) answer('right')
    await settle()
    assert.equal(await outcomeOf('ada', '192.0.2.9', 'right'), 'right')
  })
})

test('a flood of names forgets nothing that counts, and stays within bounds', async () => {
  const { outcomeOf, tries, advanceMs } = start()
  for (let n = 0; n < 5; n++) await outcomeOf('ada', '192.0.2.1')
  // As many as there can be in a quarter of an hour less a moment.
  for (let second = 0; second < 899; second++) {
    for (let n = 0; n < 10; n++) {
      const at = second * 10 + n
      await outcomeOf(`name-${at}`, `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`)
    }
    advanceMs(1_000)
  }
  assert.equal(await outcomeOf('ada', '192.0.2.1'), 1)
  assert.ok(tries.size() < 3 * 10_000, `${tries.size()} counts`)
})

test('wrong passwords are answered in steps, however long the directory took over them', async () => {
  const stepMs = 300
  const tries = createPasswordTries(() => 0, { stepMs })
  const startedMs = performance.now()
  const waits = [0, 50, 350].map(async (tookMs, n) => {
    await refusalOf(
      tries.attempt({ name: `somebody-${n}`, sourceIp: '192.0.2.1' }, async () => {
        await new Promise(resolve => setTimeout(resolve, tookMs))
        throw new Refusal('password.refused')
      }),
    )
    return performance.now() - startedMs
  })
  const [first = 0, second = 0, third = 0] = await Promise.all(waits)
  // A timer may be a moment early, and late without bound.
  assert.ok(first > 290 && second > 290 && third > 590, String([first, second, third]))
})

test('a right password is answered at once, and a wrong one takes no place while it waits', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const tries = createPasswordTries(() => 0)
  let answered = 0
  for (const sourceIp of addresses(40)) {
    const wrong = tries.attempt({ name: `of ${sourceIp}`, sourceIp }, async () => {
      throw new Refusal('password.refused')
    })
    wrong.catch(() => answered++)
    await new Promise(resolve => setImmediate(resolve))
  }
  assert.equal(await tries.attempt({ name: 'ada', sourceIp: '192.0.2.1' }, async () => 'in'), 'in')
  assert.equal(answered, 0)
})

test('whoever has too many is answered in the same steps: none of a thousand, and what comes beyond at once', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const tries = createPasswordTries(() => 0)
  const settle = () => new Promise(resolve => setImmediate(resolve))
  const never = () => new Promise<string>(() => undefined)
  for (const sourceIp of addresses(16)) tries.attempt({ name: `of ${sourceIp}`, sourceIp }, never)
  const excess: number[] = []
  const tryOnce = (sourceIp: string) => {
    const answer = refusalOf(tries.attempt({ name: `of ${sourceIp}`, sourceIp }, never))
    answer.then(refusal => excess.push(waitIn(refusal)))
  }
  for (const sourceIp of addresses(1_000)) tryOnce(sourceIp)
  await settle()
  assert.deepEqual(excess, [])
  for (const sourceIp of addresses(5)) tryOnce(sourceIp)
  await settle()
  assert.deepEqual(excess, [1, 1, 1, 1, 1])
  t.mock.timers.tick(200)
  await settle()
  assert.equal(excess.length, 1_005)
  tryOnce('192.0.2.1')
  await settle()
  assert.equal(excess.length, 1_005)
})
