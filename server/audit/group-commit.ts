export type GroupCommit<Row> = {
  /** Queues a row; answers when the group that it was in is durable, or rejects with that group's failure. */
  add(row: Row): Promise<void>
  /** Takes its turn like a row, without one: answers when a commit has worked. */
  probe(): Promise<void>
  /** Rows that wait for their turn. */
  waiting(): number
  /** Answers when nothing waits and nothing is in flight. */
  drained(): Promise<void>
}

export type GroupCommitOptions = {
  /** Bounds how long the first row of a group waits for the last. */
  mostInGroup: number
  /** How long a row may take to become durable. */
  deadlineMs: number
}

type Waiting<Row> = { rows: readonly Row[]; sinceMs: number; done: PromiseWithResolvers<void> }

/**
 * Commits rows in groups, one group in flight: what comes meanwhile is the next. Under load the groups
 * grow by themselves and the cost of a sync is shared; when idle, a row waits for nobody.
 *
 * A disk may hang without failing. Past the deadline whoever waits is refused: a row that becomes durable after
 * that names credentials which nobody got.
 */
export function createGroupCommit<Row>(
  commit: (rows: Row[]) => Promise<void>,
  { mostInGroup, deadlineMs }: GroupCommitOptions,
): GroupCommit<Row> {
  let waiting: Waiting<Row>[] = []
  let group: Waiting<Row>[] = []
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    // One timer for all: one for each row would cost more than the row.
    const timer = setInterval(refuseLate, deadlineMs / 4)
    while (waiting.length > 0) {
      group = waiting.slice(0, mostInGroup)
      waiting = waiting.slice(mostInGroup)
      try {
        await commit(group.flatMap(({ rows }) => rows))
        for (const { done } of group) done.resolve()
      } catch (error) {
        for (const { done } of group) done.reject(error)
      }
    }
    clearInterval(timer)
    running = undefined
  }

  function refuseLate(): void {
    const latestMs = performance.now() - deadlineMs
    const isLate = ({ sinceMs }: Waiting<Row>) => sinceMs <= latestMs
    for (const { done } of [...group, ...waiting].filter(isLate)) {
      done.reject(new Error(`not durable within ${deadlineMs} ms`))
    }
    waiting = waiting.filter(one => !isLate(one))
  }

  function add(rows: readonly Row[]): Promise<void> {
    const done = Promise.withResolvers<void>()
    waiting.push({ rows, sinceMs: performance.now(), done })
    // Not at once: requests that were read in the same turn of the event loop share a group.
    running ??= new Promise<void>(resolve => setImmediate(resolve)).then(run)
    return done.promise
  }

  return {
    add: row => add([row]),
    probe: () => add([]),
    waiting: () => waiting.length,
    drained: () => running ?? Promise.resolve(),
  }
}
