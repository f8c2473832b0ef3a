import { setImmediate as othersTurn } from 'node:timers/promises'

const sliceMs = 10

/** For long work on what a caller chose: others are served in between. */
export type Turns = {
  /** To be awaited between two steps. Lets others have a turn once ten milliseconds are used up. */
  pass(): Promise<void> | undefined
}

export function createTurns(): Turns {
  let sinceMs = performance.now()
  return {
    pass() {
      if (performance.now() - sinceMs < sliceMs) return undefined
      return othersTurn().then(() => {
        sinceMs = performance.now()
      })
    },
  }
}
