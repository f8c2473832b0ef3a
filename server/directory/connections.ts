import type { Client } from 'ldapts'
import { Refusal } from '../base/refusal.ts'
import { connect } from './connect.ts'
import type { DirectorySettings } from './settings.ts'

/** Questions at once. Each that stands for a person's try is bounded before it gets here. */
const mostBusy = 32
const mostIdle = 4
const idleMs = 60_000
/** How long a server that did not answer is asked last. */
const shunnedMs = 10_000

export type Connections = {
  /**
   * Asks over a connection on which we are signed in as the service.
   * @throws {Refusal} issuer.unreachable when no server answers in time, or not with what was asked, or too many
   *   questions wait
   */
  asService<Answer>(ask: Ask<Answer>, until: Deadline): Promise<Answer>
  /**
   * The same, for whoever looks people up again: strangers who keep the others busy must not keep anybody's sessions from
   * being ended.
   */
  asWatcher<Answer>(ask: Ask<Answer>, until: Deadline): Promise<Answer>
  /** Asks over a connection on which nobody is signed in, for a bind. It is used for nothing else. */
  asNobody<Answer>(ask: Ask<Answer>, until: Deadline): Promise<Answer>
  close(): Promise<void>
}

type Ask<Answer> = (client: Client) => Promise<Answer>

/** By `performance.now()`: when whoever waits must have an answer, be it that there is none. */
export type Deadline = number

export type ConnectionLog = { warn(context: object, message: string): void }

/**
 * Keeps a few connections open, and goes on with the next server when one fails. A question that failed on a
 * connection that was kept is asked once more on a new one: the server may have closed it long ago.
 */
export function createConnections(settings: DirectorySettings, log: ConnectionLog): Connections {
  const signIn = async (client: Client) => {
    const { bind } = settings
    await (bind === undefined ? greet(client) : client.bind(bind.dn, bind.password))
  }
  const service = createPool(settings, log, signIn)
  const watcher = createPool(settings, log, signIn)
  const nobody = createPool(settings, log, greet)
  return {
    asService: service.use,
    asWatcher: watcher.use,
    asNobody: nobody.use,
    async close() {
      await Promise.all([service.close(), watcher.close(), nobody.close()])
    },
  }
}

/** Any answer will do: it shows that somebody is there. @see RFC 4512, section 5.1, the root DSE */
async function greet(client: Client): Promise<void> {
  try {
    await client.search('', { scope: 'base', attributes: ['1.1'] })
  } catch (error) {
    if (!isAnswer(error)) throw error
  }
}

type Idle = { client: Client; timer: NodeJS.Timeout }

function createPool(
  settings: DirectorySettings,
  log: ConnectionLog,
  signIn: (client: Client) => Promise<void>,
) {
  const idle: Idle[] = []
  const shunnedUntilMs = new Map<string, number>()
  let busy = 0

  async function use<Answer>(ask: Ask<Answer>, until: Deadline): Promise<Answer> {
    if (busy >= mostBusy) throw unreachable('too many questions wait for it')
    busy++
    const held: Held = { givenUp: false }
    try {
      return await inTime(askSomewhere(ask, held), held, until)
    } finally {
      busy--
    }
  }

  async function askSomewhere<Answer>(ask: Ask<Answer>, held: Held): Promise<Answer> {
    const kept = takeIdle()
    if (kept !== undefined) {
      try {
        return await askOn(kept, ask, held)
      } catch (error) {
        if (isAnswer(error) || held.givenUp) throw error
      }
    }
    return askOn(await open(held), ask, held)
  }

  /** An answer, be it a no, leaves the connection in order; anything else is the end of it. */
  async function askOn<Answer>(client: Client, ask: Ask<Answer>, held: Held): Promise<Answer> {
    held.client = client
    try {
      const answer = await ask(client)
      keep(client, held)
      return answer
    } catch (error) {
      if (isAnswer(error)) keep(client, held)
      else drop(client)
      throw error
    }
  }

  /** The servers in the operator's order, those that failed just now last. */
  async function open(held: Held): Promise<Client> {
    const nowMs = Date.now()
    const isShunned = (url: string) => (shunnedUntilMs.get(url) ?? 0) > nowMs
    const order = [...settings.urls].sort((a, b) => Number(isShunned(a)) - Number(isShunned(b)))
    const failures: string[] = []
    for (const url of order) {
      if (held.givenUp) break
      try {
        const client = await connect(url, settings)
        held.client = client
        await signIn(client)
        shunnedUntilMs.delete(url)
        return client
      } catch (error) {
        if (held.client !== undefined) drop(held.client)
        shunnedUntilMs.set(url, Date.now() + shunnedMs)
        const failure = error instanceof Error ? error.message : String(error)
        log.warn({ directory: url, failure }, 'a directory server can’t be used')
        failures.push(`${url}: ${failure}`)
      }
    }
    throw unreachable(failures.join('; '))
  }

  function takeIdle(): Client | undefined {
    for (let last = idle.pop(); last !== undefined; last = idle.pop()) {
      clearTimeout(last.timer)
      if (last.client.isConnected) return last.client
      drop(last.client)
    }
    return undefined
  }

  function keep(client: Client, held: Held): void {
    if (held.givenUp || idle.length >= mostIdle || !client.isConnected) {
      drop(client)
      return
    }
    const timer = setTimeout(() => {
      idle.splice(
        idle.findIndex(one => one.client === client),
        1,
      )
      drop(client)
    }, idleMs)
    timer.unref()
    idle.push({ client, timer })
  }

  return {
    use,
    async close() {
      for (const { client, timer } of idle.splice(0)) {
        clearTimeout(timer)
        drop(client)
      }
    },
  }
}

/** What a question holds on to, so that it can be let go when its time is up. */
type Held = { client?: Client; givenUp: boolean }

async function inTime<Answer>(answer: Promise<Answer>, held: Held, until: Deadline): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<never>((_resolve, reject) => {
    const giveUp = () => {
      held.givenUp = true
      if (held.client !== undefined) drop(held.client)
      reject(unreachable('it did not answer in time'))
    }
    timer = setTimeout(giveUp, Math.max(0, until - performance.now()))
  })
  answer.catch(() => undefined)
  try {
    return await Promise.race([answer, end])
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw unreachable(error instanceof Error ? error.message : String(error))
  } finally {
    clearTimeout(timer)
  }
}

/** The directory said something, as opposed to the network. Busy, unavailable and out of time are no answers. */
export function isAnswer(error: unknown): error is Error & { code: number } {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'number') return false
  const noAnswers = [3, 51, 52]
  return !noAnswers.includes(error.code)
}

function unreachable(detail: string): Refusal {
  return new Refusal('issuer.unreachable', { detail: `the directory: ${detail}` })
}

function drop(client: Client): void {
  client.unbind().catch(() => undefined)
}
