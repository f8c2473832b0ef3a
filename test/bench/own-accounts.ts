import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { hashPassword } from '../../server/credentials/password-hash.ts'
import { openStore } from '../../server/store/open-store.ts'

const password = 'a walrus in the garden'
export const accountsEnv = { ROLECALL_ACCOUNTS: 'on', ROLECALL_TRUSTED_PROXIES: '127.0.0.1' }

/** So many own accounts with one password. Answers its hash. */
export async function addAccounts(dataDir: string, count: number): Promise<string> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = join(dataDir, 'rolecall.db')
  const store = await openStore({ location: { file }, clock: Date.now, log: { error() {} } })
  const passwordHash = await hashPassword(password)
  for (let n = 0; n < count; n++) {
    const email = addressOf(n)
    const times = { createdAtMs: 1, changedAtMs: 1 }
    await store.accounts.create({ subject: randomUUID(), email, emailKey: email, passwordHash, ...times })
  }
  await store.close()
  return passwordHash
}

export function addressOf(n: number): string {
  return `person-${n}@example.com`
}

/** With the right password, each person from a network of their own. */
export function rightLogIn(n: number): Buffer {
  return logInRequest('/token', formOf(addressOf(n), password), n)
}

/** By a name that nobody has, each from another network. */
export function wrongLogIn(n: number): Buffer {
  return logInRequest('/token', formOf(`somebody-${n}@example.com`, 'wrong-and-long'), n)
}

export function logInRequest(path: string, body: string, n: number): Buffer {
  const from = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: ${from}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}

function formOf(username: string, typed: string): string {
  return new URLSearchParams({
    grant_type: 'password',
    provider_id: 'accounts',
    username,
    password: typed,
  }).toString()
}
