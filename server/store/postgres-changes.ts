import pg from 'pg'
import type { Clock } from '../base/clock.ts'
import type { Catalogue } from './catalogue.ts'
import { connectionBounds } from './postgres-dialect.ts'

export type Log = { error(context: object, message: string): void }

export type ChangesFollower = {
  /** Has the catalogue forget what other nodes change, from when this answers until `close`. */
  follow(catalogue: Catalogue): Promise<void>
  /** False once this node may have missed for too long what others changed. */
  isCurrent(): boolean
  /** When this node last knew all changes. */
  inStepAtMs(): number
  close(): Promise<void>
}

export const changesChannel = 'rolecall_changes'

/** Before any number of a change. */
const unknown = -1
const pollMs = 1_000
const reconnectMs = 250
const answerMs = 2_000

/**
 * Notifications name what other nodes change; they are lost while the connection is. So beneath them the number of
 * the last change is asked for every second, and when one was missed everything is forgotten. A node that gets no
 * answer knows that it is behind, and for how long.
 */
export function createChangesFollower(
  { url, maxStalenessMs }: { url: string; maxStalenessMs: number },
  clock: Clock,
  log: Log,
): ChangesFollower {
  let seen = unknown
  let inStep = { atMs: 0, atTick: Number.NEGATIVE_INFINITY }
  let closing = false
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined

  async function connect(catalogue: Catalogue): Promise<void> {
    const fresh = new pg.Client({
      connectionString: url,
      ...connectionBounds,
      query_timeout: answerMs,
      application_name: 'rolecall-changes',
    })
    fresh.on('notification', ({ payload }) => hear(catalogue, payload ?? ''))
    // What follows is the next poll's failure; unheard, the event would end the process.
    fresh.on('error', () => undefined)
    await fresh.connect()
    try {
      await fresh.query(`listen ${changesChannel}`)
      // A standby that took over, or a backup, may lack the last changes that this node knows: nothing of it counts.
      seen = unknown
      await poll(catalogue, fresh)
      // `close` knew nothing of this one, and nobody would end it.
      if (closing) throw new Error('closed meanwhile')
      client = fresh
    } catch (error) {
      fresh.end().catch(() => undefined)
      throw error
    }
  }

  function hear(catalogue: Catalogue, payload: string): void {
    const { generation, topics }: { generation: number; topics?: string[] } = JSON.parse(payload)
    if (topics === undefined || generation > seen + 1) catalogue.forgetAll()
    else catalogue.forget(topics)
    seen = Math.max(seen, generation)
  }

  /** Notifications of what had committed before come ahead of the answer. */
  async function poll(catalogue: Catalogue, connected: pg.Client): Promise<void> {
    const asked = { atMs: clock(), atTick: performance.now() }
    const { rows } = await connected.query('select generation from catalogue')
    const generation = Number(rows[0]?.generation)
    if (generation > seen) {
      catalogue.forgetAll()
      seen = generation
    }
    inStep = asked
  }

  async function step(catalogue: Catalogue): Promise<void> {
    try {
      await (client === undefined ? connect(catalogue) : poll(catalogue, client))
    } catch (error) {
      if (closing) return
      // Once for an outage, not at every try.
      if (client !== undefined) log.error({ err: error }, 'the database does not answer')
      client?.end().catch(() => undefined)
      client = undefined
    }
    if (!closing) timer = setTimeout(step, client === undefined ? reconnectMs : pollMs, catalogue)
  }

  return {
    async follow(catalogue) {
      await connect(catalogue)
      timer = setTimeout(step, pollMs, catalogue)
    },
    // Not by the clock, which somebody may set back.
    isCurrent: () => performance.now() - inStep.atTick < maxStalenessMs,
    inStepAtMs: () => inStep.atMs,
    async close() {
      closing = true
      clearTimeout(timer)
      await client?.end().catch(() => undefined)
    },
  }
}
