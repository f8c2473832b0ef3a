import { setTimeout as pause } from 'node:timers/promises'
import { RotationFailure } from '../rotation/rotator.ts'

const mostLooks = 50
const pauseMs = 100

/**
 * Ends sessions until none is left: servers only tell them to end, and go on when they please.
 *
 * @param end tells all that are there to end, and says how many there were
 */
export async function endSessions(end: () => Promise<number>): Promise<void> {
  for (let looks = 0; (await end()) > 0; looks++) {
    if (looks === mostLooks) throw new RotationFailure('what the user has open does not end')
    await pause(pauseMs)
  }
}
