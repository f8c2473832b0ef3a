import { RotationFailure } from '../rotation/rotator.ts'

/** From the first packet to the last: what hangs must not hold a rotation's lease for ever. */
export const longestSessionMs = 30_000
export const connectMs = 10_000
export const statementMs = 10_000

/** Of this process, whatever it is asked for: databases count connections. */
const mostSessions = 16
const longestWaiting = 200

let open = 0
const waiting: (() => void)[] = []

/** Takes a place among the connections. Answers what gives it back, which may be called twice. */
export async function takePlace(signal: AbortSignal): Promise<() => void> {
  if (open >= mostSessions) {
    if (waiting.length >= longestWaiting) throw new RotationFailure('too many databases are asked at once')
    await new Promise<void>(resolve => waiting.push(resolve))
  } else open++
  let isGiven = false
  const give = () => {
    if (isGiven) return
    isGiven = true
    const next = waiting.shift()
    if (next === undefined) open--
    else next()
  }
  if (!signal.aborted) return give
  give()
  throw new RotationFailure('it was broken off')
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
