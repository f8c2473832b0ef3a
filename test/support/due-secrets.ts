import { randomUUID } from 'node:crypto'
import type { Secrets } from '../../server/store/secrets.ts'
import { type DatabaseServer, secretOf } from './database-server.ts'
import { callSecrets } from './secrets-call.ts'

type Caller = Parameters<typeof callSecrets>[0]

const firstPassword = 'first-password'
const together = 8

/**
 * Users of a database server, each with a secret about them that is rotated daily and falls due at that moment.
 *
 * @param port where the secrets say that the server is
 * @returns the secrets' ARNs
 */
export async function createDueSecrets(
  { as, secrets }: { as: Caller; secrets: Secrets },
  server: DatabaseServer,
  { count, port, dueAtMs }: { count: number; port: number; dueAtMs: number },
): Promise<string[]> {
  const users = Array.from({ length: count }, (_, n) => ({
    username: `due_${n}`,
    password: firstPassword,
  }))
  // One after the other: PostgreSQL refuses two grants on one table at once.
  for (const { username, password } of users) await server.createUser(username, password)
  return inSteps(users, async user => {
    const SecretString = secretOf({ ...server, port }, user)
    const made = await callSecrets(as, 'CreateSecret', {
      Name: user.username,
      SecretString,
      ClientRequestToken: randomUUID(),
    })
    const arn = String(made.body.ARN)
    const lambdaArn = arn.replace(
      /:secretsmanager:([^:]*:[^:]*):.*$/,
      `:lambda:$1:function:rolecall-${server.kind}-single-user`,
    )
    await secrets.change(arn.replace(/^.*:/, ''), () => ({
      rotation: { enabled: true, lambdaArn, afterDays: 1 },
      rotationDueAtMs: dueAtMs,
    }))
    return arn
  })
}

export type Outcome = {
  /** Whose history has one rotation, which has succeeded. */
  rotatedOnce: number
  /** Of those, whose rotation took more than one attempt. */
  retried: number
  /** Whose new password, and no longer the first, is taken by the server. */
  working: number
  /** How often the server was told a new password. */
  changes: number
  /** The first of the moments at which they began, and the last at which one was over. */
  fromMs: number
  toMs: number
}

/** What became of them: by the service's history, by its values, and by what the server was told. */
export async function outcomeOf(
  as: Caller,
  server: DatabaseServer,
  arns: readonly string[],
  historyOf: (secretId: string) => Promise<readonly History[]>,
): Promise<Outcome> {
  const rows = await inSteps(arns, async SecretId => {
    const history = await historyOf(SecretId.replace(/^.*:/, ''))
    const { body } = await callSecrets(as, 'GetSecretValue', { SecretId })
    const user = JSON.parse(String(body.SecretString))
    const isNew = user.password !== firstPassword
    return { history, works: isNew && (await server.logsIn(user)) }
  })
  const once = rows.filter(({ history: [one, ...more] }) => one?.state === 'succeeded' && more.length === 0)
  const all = rows.flatMap(({ history }) => history)
  return {
    rotatedOnce: once.length,
    retried: once.filter(({ history: [one] }) => one?.attempts !== 1).length,
    working: rows.filter(({ works }) => works).length,
    changes: server.seen().match(changing[server.kind])?.length ?? 0,
    fromMs: all.reduce((least, { startedAtMs }) => Math.min(least, startedAtMs), Number.POSITIVE_INFINITY),
    toMs: all.reduce((most, { endedAtMs = 0 }) => Math.max(most, endedAtMs), 0),
  }
}

type History = { state: string; attempts: number; startedAtMs: number; endedAtMs?: number }

/** How the servers write down that somebody's password is changed, as against somebody who is made. */
const changing = { postgresql: /alter role \S+ password/gi, mysql: /set password *=/gi }

/** So many at once: each of them holds a connection to the server for a moment. */
async function inSteps<Given, T>(all: readonly Given[], act: (one: Given) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let at = 0; at < all.length; at += together) {
    results.push(...(await Promise.all(all.slice(at, at + together).map(act))))
  }
  return results
}
