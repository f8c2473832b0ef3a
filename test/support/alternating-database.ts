import { randomUUID } from 'node:crypto'
import { type RotationDesk, RotationFailure, type Rotator } from '../../server/secrets/rotation/rotator.ts'

/**
 * A database in the smallest form: which user it lets in by which password. Its secret has two users in turn, so that the
 * password under AWSCURRENT works at every moment.
 */
export type AlternatingDatabase = {
  accepts(secret: string | undefined): boolean
  /** Somebody new, as a value that a secret of it has first. */
  add(username: string): string
  /** The four steps' own work; each is told whose turn it is and gives nothing twice. */
  nextOf(current: string): string
  set(pending: string): void
}

type Value = { username: string; password: string }

export function createAlternatingDatabase(): AlternatingDatabase {
  const passwords = new Map<string, string>()
  return {
    add(username) {
      const password = randomUUID()
      passwords.set(username, password)
      return JSON.stringify({ username, password })
    },
    accepts(secret) {
      if (secret === undefined) return false
      const { username, password }: Value = JSON.parse(secret)
      return passwords.get(username) === password
    },
    nextOf(current) {
      const { username }: Value = JSON.parse(current)
      const other = username.endsWith('_clone') ? username.slice(0, -6) : `${username}_clone`
      return JSON.stringify({ username: other, password: randomUUID() })
    },
    set(pending) {
      const { username, password }: Value = JSON.parse(pending)
      passwords.set(username, password)
    },
  }
}

/** What happens before or after a step has had its effect. */
export type Hook = (step: string, when: 'before' | 'after', desk: RotationDesk) => void | Promise<void>

/** Rotates secrets of such a database as a built-in rotator does. */
export function createAlternatingRotator(database: AlternatingDatabase, hook: Hook = () => {}): Rotator {
  const around =
    (step: string, work: (desk: RotationDesk) => Promise<void>) => async (desk: RotationDesk) => {
      await hook(step, 'before', desk)
      await work(desk)
      await hook(step, 'after', desk)
    }
  return {
    createSecret: around('createSecret', async desk => {
      if ((await desk.read('AWSPENDING')) !== undefined) return
      const current = await desk.read('AWSCURRENT')
      if (current === undefined) throw new RotationFailure('there is nothing to go by')
      await desk.putPending(database.nextOf(current))
    }),
    setSecret: around('setSecret', async desk => database.set((await desk.read('AWSPENDING')) ?? '')),
    testSecret: around('testSecret', async desk => {
      if (!database.accepts(await desk.read('AWSPENDING'))) throw new RotationFailure('it does not let us in')
    }),
    finishSecret: around('finishSecret', desk => desk.finish()),
  }
}
