/** Milliseconds since the epoch. Handed in, so that tests can stand anywhere in time. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()

export function toSeconds(ms: number): number {
  return Math.floor(ms / 1000)
}

const written = new Map<number, string>()
const mostWritten = 64

/** `2026-01-02T03:04:05Z`: the form of AWS's answers and of `aws:CurrentTime`. */
export function isoSeconds(seconds: number): string {
  // Under load everybody asks for the same few seconds.
  const known = written.get(seconds)
  if (known !== undefined) return known
  const text = `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`
  if (written.size >= mostWritten) written.clear()
  written.set(seconds, text)
  return text
}
