/** Enough rotations that each held one connection and waited for a second would wait for each other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DatabaseEngine, DatabaseSession } from '../../../server/secrets/databases/database-engine.ts'
import { createAlternatingUsersRotator } from '../../../server/secrets/databases/rotate-alternating-users.ts'
import { createSingleUserRotator } from '../../../server/secrets/databases/rotate-single-user.ts'
import type { RotationDesk } from '../../../server/secrets/rotation/rotator.ts'

const secret = (username: string, password: string) =>
  JSON.stringify({ engine: 'mysql', host: 'db', username, password, masterarn: 'master' })

/** A server as MySQL is: who is logged in needs the master to have their own password changed. */
function createServer() {
  const passwords = new Map([
    ['app', 'old'],
    ['master', 'word'],
  ])
  let open = 0
  const most = { open: 0 }
  const sessionOf = (username: string) =>
    ({
      account: async () => username,
      mayChangeOwnPassword: async () => false,
      changePasswordOf: async (account: string, password: string) => void passwords.set(account, password),
      changeTwinPassword: async (_using: string, twin: string, password: string) =>
        void passwords.set(twin, password),
      close: async () => void open--,
    }) as unknown as DatabaseSession
  const engine: DatabaseEngine = {
    engines: ['mysql'],
    defaultPort: 3306,
    longestName: 32,
    async logIn({ username, password }) {
      if (passwords.get(username) !== password) return undefined
      most.open = Math.max(most.open, ++open)
      return sessionOf(username)
    },
    passwordText: password => password,
  }
  return { engine, passwords, most, left: () => open }
}

for (const [name, create, pending] of [
  ['single-user', createSingleUserRotator, 'app'],
  ['alternating-users', createAlternatingUsersRotator, 'app_clone'],
] as const) {
  test(`${name}: no two connections at once`, async () => {
    const server = createServer()
    const values = {
      AWSCURRENT: secret('app', 'old'),
      AWSPENDING: secret(pending, 'new'),
      AWSPREVIOUS: undefined,
    }
    let finished = 0
    const desk: RotationDesk = {
      secretArn: 'arn',
      token: 'token',
      read: async stage => values[stage],
      putPending: async () => undefined,
      readMaster: async () => secret('master', 'word'),
      finish: async () => void finished++,
    }
    const { signal } = new AbortController()
    await create(server.engine).setSecret(desk, signal)
    assert.equal(server.passwords.get(pending), 'new')
    assert.equal(server.most.open, 1)
    assert.equal(server.left(), 0)
    assert.equal(finished, name === 'single-user' ? 1 : 0)
  })
}
