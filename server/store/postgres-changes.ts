import pg from 'pg'
import type { Clock } from '../base/clock.ts'
import type { Catalogue } from './catalogue.ts'
import { connectionBounds } from './postgres-dialect.ts'

export type Log = { error(context: object, message: string): void }

export type ChangesFollower = {
  /** When this node last knew all changes. */
  inStepAtMs(): number
  close(): Promise<void>
}

export const changesChannel = 'rolecall_changes'

const pollMs = 1_000
const reconnectMs = 250

/**
 * Has the catalogue forget what other nodes change. Notifications name what; they are lost while the connection
 * is. So beneath them the number of the last change is asked for every second, and when one was missed everything
 * is forgotten: a node is never behind by more than that second without knowing it.
 */
export async function followChanges(
  url: string,
  catalogue: Catalogue,
  clock: Clock,
  log: Log,
): Promise<ChangesFollower> {
  let seen = 0
  let inStepAtMs = 0
  let closing = false
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined

  async function connect(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: url,
      ...connectionBounds,
      application_name: 'rolecall-changes',
    })
    fresh.on('notification', ({ payload }) => hear(payload ?? ''))
    // What follows is the next poll's failure; unheard, the event would end the process.
    fresh.on('error', () => undefined)
    await fresh.connect()
    client = fresh
    await fresh.query(`listen ${changesChannel}`)
    await poll()
  }

  function hear(payload: string): void {
    const { generation, topics }: { generation: number; topics?: string[] } = JSON.parse(payload)
    if (topics === undefined || generation > seen + 1) catalogue.forgetAll()
    else catalogue.forget(topics)
    seen = Math.max(seen, generation)
  }

  /** Notifications of what had committed before come ahead of the answer. */
  async function poll(): Promise<void> {
    const askedAtMs = clock()
    const { rows } = await (client as pg.Client).query('select generation from catalogue')
    const generation = Number(rows[0]?.generation)
    if (generation > seen) {
      catalogue.forgetAll()
      seen = generation
    }
    inStepAtMs = askedAtMs
  }

  async function step(): Promise<void> {
    try {
      await (client === undefined ? connect() : poll())
    } catch (error) {
      if (closing) return
      log.error({ err: error }, 'the database does not answer')
      client?.end().catch(() => undefined)
      client = undefined
    }
    if (!closing) timer = setTimeout(step, client === undefined ? reconnectMs : pollMs)
  }

  await connect()
  timer = setTimeout(step, pollMs)
  return {
    inStepAtMs: () => inStepAtMs,
    async close() {
      closing = true
      clearTimeout(timer)
      await client?.end().catch(() => undefined)
    },
  }
}
