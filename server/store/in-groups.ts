/** Bounds the statement that a group becomes. */
const mostInGroup = 100

/**
 * Writes in groups, one in flight: what comes meanwhile is the next. What a write costs is that it is durable, and with
 * the embedded store everybody waits for that; a flood of rows that can't be in one another's way pays it once a group.
 *
 * @param write all of a group or none of it: whoever is in a group that fails is told so
 */
export function inGroups<Row>(write: (rows: Row[]) => Promise<void>): (row: Row) => Promise<void> {
  let waiting: { row: Row; done: PromiseWithResolvers<void> }[] = []
  let running = false

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.slice(0, mostInGroup)
      waiting = waiting.slice(mostInGroup)
      try {
        await write(group.map(({ row }) => row))
        for (const { done } of group) done.resolve()
      } catch (error) {
        for (const { done } of group) done.reject(error)
      }
      // Requests that were read in the meantime reach the next group, not each one of its own.
      await new Promise(resolve => setImmediate(resolve))
    }
    running = false
  }

  return row => {
    const done = Promise.withResolvers<void>()
    waiting.push({ row, done })
    if (!running) {
      running = true
      setImmediate(run)
    }
    return done.promise
  }
}
