import type { Logger } from 'pino'
import type { Clock } from './base/clock.ts'
import type { Store } from './store/open-store.ts'

/** What is done from time to time, whatever is asked meanwhile. Answers what ends it. */
export function keepHouse(store: Store, clock: Clock, log: Pick<Logger, 'error'>): () => void {
  const pruning = setInterval(() => {
    store.prune(clock()).catch(error => log.error({ err: error }, 'pruning failed'))
  }, 10 * 60_000)
  pruning.unref()
  const flushing = setInterval(() => {
    Promise.all([store.lastUsed.flush(), store.secrets.accesses.flush()]).catch(error =>
      log.error({ err: error }, 'last uses could not be written'),
    )
  }, 30_000)
  flushing.unref()
  return () => {
    clearInterval(pruning)
    clearInterval(flushing)
  }
}
