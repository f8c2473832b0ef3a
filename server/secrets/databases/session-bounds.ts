import { RotationFailure } from '../rotation/rotator.ts'

/** From the first packet to the last: what hangs must not hold a rotation's lease for ever. */
export const longestSessionMs = 30_000
export const connectMs = 10_000
export const statementMs = 10_000

/** Of this process, whatever it is asked for: databases count connections. */
export const mostSessions = 16
const longestWaiting = 200

let open = 0
/** In the order in which they came. */
const waiting = new Set<() => void>()

/**
 * Takes a place among the connections. Answers what gives it back, which may be called twice.
 *
 * INVARIANT: nobody who holds one waits for another: enough of them would wait for each other.
 */
export async function takePlace(signal: AbortSignal): Promise<() => void> {
  if (signal.aborted) throw brokenOff()
  if (open >= mostSessions) {
    if (waiting.size >= longestWaiting) throw new RotationFailure('too many databases are asked at once')
    await waitForPlace(signal)
  } else open++
  let isGiven = false
  const give = () => {
    if (isGiven) return
    isGiven = true
    const [next] = waiting
    if (next === undefined) open--
    else next()
  }
  if (!signal.aborted) return give
  give()
  throw brokenOff()
}

function waitForPlace(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      waiting.delete(begin)
      signal.removeEventListener('abort', giveUp)
    }
    const begin = () => {
      end()
      resolve()
    }
    const giveUp = () => {
      end()
      reject(brokenOff())
    }
    waiting.add(begin)
    signal.addEventListener('abort', giveUp, { once: true })
  })
}

function brokenOff(): RotationFailure {
  return new RotationFailure('it was broken off')
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
