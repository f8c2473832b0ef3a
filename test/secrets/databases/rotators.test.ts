/** The four steps of each rotator, against real servers. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import * as sm from '@aws-sdk/client-secrets-manager'
import {
  type RotationDesk,
  RotationFailure,
  rotationSteps,
} from '../../../server/secrets/rotation/rotator.ts'
import { type DatabaseServer, rotatorOf, secretOf } from '../../support/database-server.ts'
import { skipWithoutMariaDb, startMariaDb } from '../../support/mariadb.ts'
import { skipWithoutPostgresHere, startPostgresWithTls } from '../../support/postgres-with-tls.ts'
import { startRolecall } from '../../support/rolecall.ts'
import { deskOverTheWire, rotate } from '../../support/rotation-desk.ts'

const rolecall = await startRolecall()
const client = rolecall.secrets()
/** Of nobody who breaks anything off: how long it takes is no question here. */
const { signal } = new AbortController()
const servers = [
  ['PostgreSQL', skipWithoutPostgresHere, skipWithoutPostgresHere ? undefined : await startPostgresWithTls()],
  ['MariaDB', skipWithoutMariaDb, skipWithoutMariaDb ? undefined : await startMariaDb()],
] as const

async function create(value: string): Promise<string> {
  const { ARN } = await client.send(
    new sm.CreateSecretCommand({ Name: `db/${randomUUID()}`, SecretString: value }),
  )
  return String(ARN)
}
async function currentOf(SecretId: string): Promise<{ username: string; password: string }> {
  return JSON.parse(String((await client.send(new sm.GetSecretValueCommand({ SecretId }))).SecretString))
}
const put = (SecretId: string, SecretString: string) =>
  client.send(new sm.PutSecretValueCommand({ SecretId, SecretString }))

let users = 0
/** A user in the database, and a secret about them. */
async function createUser(server: DatabaseServer, more: object = {}) {
  const user = { username: `user_${users++}`, password: 'first-password' }
  await server.createUser(user.username, user.password)
  return { user, arn: await create(secretOf(server, user, more)) }
}

async function assertFails(act: Promise<unknown>, words: RegExp, ...secrets: string[]): Promise<void> {
  await assert.rejects(act, (error: unknown) => {
    assert.ok(error instanceof RotationFailure, String(Object(error).stack))
    assert.match(error.message, words)
    assert.equal(error.cause, undefined)
    for (const secret of secrets) assert.ok(!error.message.includes(secret))
    return true
  })
}

for (const [name, skip, server] of servers) {
  describe(name, { skip }, () => {
    if (server === undefined) return
    let masterarn = ''
    before(async () => {
      masterarn = await create(secretOf(server, server.admin))
    })

    for (const strategy of ['single-user', 'alternating-users'] as const) {
      const rotator = rotatorOf(server, strategy)
      const more = () => (strategy === 'single-user' ? {} : { masterarn })

      test(`${strategy}: three rotations, each with a password that works and is new`, async () => {
        const { user, arn } = await createUser(server, more())
        const seen = new Set([user.password])
        for (let n = 0; n < 3; n++) {
          await rotate(rotator, deskOverTheWire(client, arn))
          const now = await currentOf(arn)
          const twin = strategy === 'alternating-users' && n % 2 === 0
          assert.equal(now.username, twin ? `${user.username}_clone` : user.username)
          assert.ok(await server.logsIn(now))
          assert.ok(!seen.has(now.password))
          seen.add(now.password)
        }
        assert.ok(!(await server.logsIn(user)), 'the first password is over')
      })

      test(`${strategy}: each step twice does nothing twice, and after each AWSCURRENT works`, async () => {
        const { arn } = await createUser(server, more())
        for (let n = 0; n < 2; n++) {
          const desk = deskOverTheWire(client, arn)
          let pending: string | undefined
          for (const step of rotationSteps) {
            for (let time = 0; time < 2; time++) {
              await rotator[step](desk, signal)
              assert.ok(await server.logsIn(await currentOf(arn)), `${step}, time ${time + 1}`)
              const read = await desk.read('AWSPENDING')
              assert.equal(read, pending ?? read)
              pending = read
            }
          }
        }
      })

      for (const [n, step] of rotationSteps.entries()) {
        test(`${strategy}: broken off after ${step} and begun anew`, async () => {
          const { arn } = await createUser(server, more())
          const token = randomUUID()
          for (const done of rotationSteps.slice(0, n + 1)) {
            await rotator[done](deskOverTheWire(client, arn, token), signal)
            assert.ok(await server.logsIn(await currentOf(arn)))
          }
          await rotate(rotator, deskOverTheWire(client, arn, token))
          assert.ok(await server.logsIn(await currentOf(arn)))
          // And by another rotation, which finds what the first has left.
          await rotate(rotator, deskOverTheWire(client, arn))
          assert.ok(await server.logsIn(await currentOf(arn)))
        })
      }

      test(`${strategy}: broken off once the database has the new password, and begun anew`, async () => {
        const { arn } = await createUser(server, more())
        const desk = deskOverTheWire(client, arn)
        await rotator.createSecret(desk, signal)
        const dying: RotationDesk = { ...desk, finish: () => Promise.reject(new Error('killed')) }
        await rotator.setSecret(dying, signal).catch(() => undefined)
        assert.ok(await server.logsIn(JSON.parse((await desk.read('AWSPENDING')) ?? '')))
        await rotate(rotator, desk)
        assert.ok(await server.logsIn(await currentOf(arn)))
      })

      test(`${strategy}: with a desk from which AWSPENDING goes once it is finished`, async () => {
        const { arn } = await createUser(server, more())
        for (let n = 0; n < 2; n++) {
          const desk = deskOverTheWire(client, arn)
          let isFinished = false
          const clearing: RotationDesk = {
            ...desk,
            read: async stage => (stage === 'AWSPENDING' && isFinished ? undefined : desk.read(stage)),
            async finish() {
              await desk.finish()
              isFinished = true
            },
          }
          for (const step of rotationSteps) {
            await rotator[step](clearing, signal)
            await rotator[step](clearing, signal)
            assert.ok(await server.logsIn(await currentOf(arn)), step)
          }
          assert.ok(isFinished)
        }
      })

      test(`${strategy}: another user at AWSPENDING is not served`, async () => {
        const victim = await createUser(server)
        const { arn } = await createUser(server, more())
        const desk = deskOverTheWire(client, arn)
        await desk.putPending(secretOf(server, { username: victim.user.username, password: 'stolen-1' }))
        await assertFails(rotator.setSecret(desk, signal), /another user/, 'stolen-1')
        assert.ok(await server.logsIn(victim.user))
      })

      test(`${strategy}: another server at AWSPENDING is not asked`, async () => {
        const { user, arn } = await createUser(server, more())
        const desk = deskOverTheWire(client, arn)
        const username = strategy === 'single-user' ? user.username : `${user.username}_clone`
        await desk.putPending(secretOf({ ...server, port: 1 }, { username, password: 'x' }))
        await assertFails(rotator.setSecret(desk, signal), /another server/)
      })

      test(`${strategy}: no password stands in a statement`, async () => {
        const { user, arn } = await createUser(server, more())
        const desk = deskOverTheWire(client, arn)
        await rotate(rotator, desk)
        const now = await currentOf(arn)
        assert.match(server.seen(), new RegExp(`\\b${user.username}\\b`))
        assert.ok(!server.seen().includes(now.password))
      })
    }

    test('single-user: a value at AWSCURRENT that the database never had is healed by AWSPREVIOUS', async () => {
      const { user, arn } = await createUser(server)
      await put(arn, secretOf(server, { ...user, password: 'never-set' }))
      await rotate(rotatorOf(server, 'single-user'), deskOverTheWire(client, arn))
      assert.ok(await server.logsIn(await currentOf(arn)))
    })

    test('single-user: with no password that works nothing is changed, and the words say so', async () => {
      const { arn, user } = await createUser(server)
      await put(arn, secretOf(server, { ...user, password: 'wrong-1' }))
      await put(arn, secretOf(server, { ...user, password: 'wrong-2' }))
      const rotation = rotate(rotatorOf(server, 'single-user'), deskOverTheWire(client, arn))
      await assertFails(rotation, /refuses the passwords/, 'wrong-1', 'wrong-2')
      assert.ok(await server.logsIn(user))
    })

    test('alternating-users: the master serves nobody who does not hold the password', async () => {
      const victim = await createUser(server)
      const arn = await create(secretOf(server, { ...victim.user, password: 'guess' }, { masterarn }))
      const rotation = rotate(rotatorOf(server, 'alternating-users'), deskOverTheWire(client, arn))
      await assertFails(rotation, /refuses the user and password at AWSCURRENT/, 'guess')
      assert.ok(!(await server.logsIn({ username: `${victim.user.username}_clone`, password: 'guess' })))
    })

    test('alternating-users: somebody else of that name, with more rights, keeps their password', async () => {
      const { user, arn } = await createUser(server, { masterarn })
      const other = { username: `${user.username}_clone`, password: 'of-somebody-else' }
      await server.createUser(other.username, other.password)
      const [a, b] =
        server.kind === 'mysql' ? [`'${other.username}'@'%'`, 'on app.*'] : [other.username, 'on things']
      await server.query(`grant insert ${b} to ${a}`)
      const rotation = rotate(rotatorOf(server, 'alternating-users'), deskOverTheWire(client, arn))
      await assertFails(rotation, /other rights|has rights that/)
      assert.ok(await server.logsIn(other))
      assert.ok(await server.logsIn(await currentOf(arn)))
    })

    test('alternating-users: nor may whoever is called so take over the user whose clone they would be', async () => {
      const mighty = await createUser(server)
      const [a, b] =
        server.kind === 'mysql'
          ? [`'${mighty.user.username}'@'%'`, 'on app.*']
          : [mighty.user.username, 'on things']
      await server.query(`grant insert ${b} to ${a}`)
      const mine = { username: `${mighty.user.username}_clone`, password: 'my-own' }
      await server.createUser(mine.username, mine.password)
      const arn = await create(secretOf(server, mine, { masterarn }))
      const rotation = rotate(rotatorOf(server, 'alternating-users'), deskOverTheWire(client, arn))
      await assertFails(rotation, /other rights|has rights that/)
      assert.ok(await server.logsIn(mighty.user))
    })

    test('alternating-users: a master of another server, one without a password that works, and none', async () => {
      const rotator = rotatorOf(server, 'alternating-users')
      const elsewhere = await create(secretOf({ ...server, port: server.port + 1 }, server.admin))
      const wrong = await create(secretOf(server, { ...server.admin, password: 'not-the-masters' }))
      for (const [master, words] of [
        [elsewhere, /about another server/],
        [wrong, /master secret is refused/],
        [undefined, /names no "masterarn"/],
        [`${elsewhere}x`, /can not be read/],
      ] as const) {
        const { arn } = await createUser(server, { masterarn: master })
        await assertFails(rotate(rotator, deskOverTheWire(client, arn)), words, 'not-the-masters')
        assert.ok(await server.logsIn(await currentOf(arn)))
      }
    })
  })
}
