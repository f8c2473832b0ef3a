import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'

const pauseMs = 20

/** Asks until it holds: how long that takes is the test's question only where a limit is given. */
export async function until(holds: () => unknown, mostMs = 30_000): Promise<void> {
  const givesUpAtMs = Date.now() + mostMs
  while (!(await holds())) {
    assert.ok(Date.now() < givesUpAtMs, `it did not come to pass within ${mostMs} ms`)
    await pause()
  }
}

/**
 * Asks a server that is starting until it answers.
 *
 * @throws what it said last, when its process has ended or half a minute is over
 */
export async function untilReady(ask: () => Promise<unknown>, server: ChildProcess): Promise<void> {
  const givesUpAtMs = Date.now() + 30_000
  for (;;) {
    try {
      await ask()
      return
    } catch (error) {
      if (hasEnded(server) || Date.now() > givesUpAtMs) throw error
      await pause()
    }
  }
}

export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

/** Nothing of it is left when this answers. */
export async function endChild(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || hasEnded(child)) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill(signal)
  await ended
}

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, pauseMs))
}
