import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  admitEverybody,
  type DoorAnswer,
  directoryEnv,
  passwordDoors,
  type Try,
} from '../support/password-doors.ts'
import { startRolecall, type TestRolecall } from '../support/rolecall.ts'
import { type Slapd, skipWithoutSlapd, startSlapd, workDuring } from '../support/slapd.ts'

const slapd = skipWithoutSlapd ? ({} as Slapd) : await startSlapd()
const rolecall = skipWithoutSlapd ? ({} as TestRolecall) : await startRolecall(directoryEnv(slapd))
if (!skipWithoutSlapd) await admitEverybody(rolecall)

/** Where nobody ever gets in: nobody is looked up again in the background while the directory's work is counted. */
const quietSlapd = skipWithoutSlapd ? ({} as Slapd) : await startSlapd()
const quiet = skipWithoutSlapd ? ({} as TestRolecall) : await startRolecall(directoryEnv(quietSlapd))

const skip = skipWithoutSlapd
const right = (name: string, of = slapd) => of.passwords[name] ?? assert.fail(name)
let addresses = 0
/** Of a network that nobody came from before. */
const elsewhere = () => `198.18.${++addresses >> 8}.${addresses & 255}`
const startAnew = () => {
  for (const one of [rolecall, quiet]) one.advanceMs(15 * 60_000)
}

/** All but what is another one each time, whoever asks. */
function withoutIds({ status, headers, body }: DoorAnswer): DoorAnswer {
  const { date, 'x-amzn-requestid': wire, 'x-request-id': token, ...others } = headers
  const page = /request=([0-9a-f-]{36})$/.exec(others.location ?? '')?.[1]
  const id = wire ?? token ?? page ?? 'none'
  const without = (text: string) => text.replaceAll(id, 'ID')
  return { status, headers: JSON.parse(without(JSON.stringify(others))), body: without(body) }
}

const refused: [story: string, username: string, password: (of?: Slapd) => string][] = [
  ['whom nobody knows', 'nobody', () => 'wrong'],
  ['whom nobody knows, with a password that is somebody’s', 'nobody', of => right('ada', of)],
  ['with a wrong password', 'ada', () => 'wrong'],
  ['whose account is disabled', 'grace', of => right('grace', of)],
  ['whose account is disabled, with a wrong password', 'grace', () => 'wrong'],
  ['whose account has expired', 'olga', of => right('olga', of)],
  ['whose account is locked', 'lena', of => right('lena', of)],
  ['who must change their password', 'mia', of => right('mia', of)],
  ['whose password has expired', 'pia', of => right('pia', of)],
  ['whose name means two people', 'ada@example.test', of => right('ada', of)],
]

for (const [door, knock] of Object.entries(passwordDoors)) {
  const tryAs = (asked: Omit<Try, 'from'>, from = elsewhere()) => knock(rolecall, { ...asked, from })
  const ada = (from?: string) => tryAs({ username: 'ada', password: right('ada') }, from)
  const isIn = ({ status, headers }: DoorAnswer) => status === 200 || headers.location === '/roles'

  test(`${door}: whoever is right gets in, so that what follows proves something`, { skip }, async () => {
    assert.ok(isIn(await ada()))
  })

  for (const [story, username, password] of refused.slice(1)) {
    test(
      `${door}: somebody ${story} is refused to the letter as one ${refused[0]?.[0]}`,
      { skip },
      async () => {
        startAnew()
        const [stranger = assert.fail(), answer = assert.fail()] = await Promise.all([
          tryAs({ username: 'nobody', password: 'wrong' }),
          tryAs({ username, password: password() }),
        ])
        assert.ok(!isIn(answer))
        assert.deepEqual(withoutIds(answer), withoutIds(stranger))
      },
    )
  }

  for (const [story, username, password] of refused) {
    test(`${door}: somebody ${story} costs the directory one search and one bind`, { skip }, async () => {
      startAnew()
      // Once before, so that the connections are there.
      const knockOnce = () => knock(quiet, { username, password: password(quietSlapd), from: elsewhere() })
      await knockOnce()
      const work = await workDuring(quietSlapd, knockOnce)
      assert.deepEqual(work, { binds: 1, searches: 1 })
    })
  }

  test(
    `${door}: too many wrong passwords are answered with when to come again, and ask nobody`,
    {
      skip,
    },
    async () => {
      for (const username of ['ben', 'nobody-at-all']) {
        startAnew()
        const from = elsewhere()
        const wrong = Array.from({ length: 5 }, () => knock(quiet, { username, password: 'wrong', from }))
        for (const { headers } of await Promise.all(wrong)) assert.equal(headers['retry-after'], undefined)
        let answer: DoorAnswer | undefined
        const work = await workDuring(quietSlapd, async () => {
          answer = await knock(quiet, { username, password: quietSlapd.passwords[username] ?? 'wrong', from })
        })
        assert.deepEqual(work, { binds: 0, searches: 0 })
        assert.equal(answer?.status, door === 'AssumeRoleWithLDAPIdentity' ? 400 : 429)
        const seconds = Number(answer.headers['retry-after'])
        assert.ok(seconds > 600 && seconds <= 900, String(seconds))
        assert.match(answer.body, /Throttling|slow_down|Too many tries\. Please wait 1\d minutes\./)
      }
    },
  )

  test(`${door}: what was tried at another door counts here`, { skip }, async () => {
    startAnew()
    const from = elsewhere()
    const doors = Object.values(passwordDoors)
    const wrong = { username: 'zoe', password: 'wrong', from }
    await Promise.all(Array.from({ length: 5 }, (_, n) => doors[n % doors.length]?.(rolecall, wrong)))
    assert.ok((await tryAs({ username: 'ZOE', password: right('zoe') }, from)).headers['retry-after'])
  })
}

test('the page that says to wait has the form to come again with', { skip }, async () => {
  startAnew()
  const from = elsewhere()
  const asked = { username: 'ben', password: 'wrong', from }
  await Promise.all(Array.from({ length: 5 }, () => passwordDoors['the sign-in page'](rolecall, asked)))
  const { body, headers } = await passwordDoors['the sign-in page'](rolecall, asked)
  assert.match(body, /role="alert"[^<]*>Too many tries/)
  assert.match(body, /action="\/sign-in\/directory"/)
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['set-cookie'], undefined)
})

test(
  'somebody gets in from where they are known while their name is guessed at from everywhere',
  {
    skip,
  },
  async () => {
    startAnew()
    const office = '203.0.113.7'
    const knock = passwordDoors['POST /token']
    const zoe = { username: 'zoe', password: right('zoe') }
    assert.equal((await knock(rolecall, { ...zoe, from: office })).status, 200)
    const guess = () => knock(rolecall, { ...zoe, password: 'wrong', from: elsewhere() })
    await Promise.all(Array.from({ length: 12 }, guess))
    assert.equal((await knock(rolecall, { ...zoe, from: elsewhere() })).status, 429)
    assert.equal((await knock(rolecall, { ...zoe, from: office })).status, 200)
  },
)

test('a directory that is away counts against nobody', { skip }, async () => {
  startAnew()
  const asked = { username: 'ben', password: right('ben'), from: elsewhere() }
  await slapd.stop()
  for (let n = 0; n < 7; n++) assert.equal((await passwordDoors['POST /token'](rolecall, asked)).status, 503)
  await slapd.restart()
  assert.equal((await passwordDoors['POST /token'](rolecall, asked)).status, 200)
})

test('no password and no wrong name stands in the log', { skip }, () => {
  for (const name of ['ada', 'ben', 'zoe', 'grace']) assert.ok(!rolecall.logged().includes(right(name)))
  assert.ok(quiet.logged().includes('too many wrong passwords: nameFromNetwork'))
})
