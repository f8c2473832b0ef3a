import type { Clock } from '../base/clock.ts'

const keptMs = 30 * 86_400_000
/** So that somebody who logs in from everywhere takes up one place, not everybody's. */
const mostNetworks = 8

type Known = { network: string; sinceMs: number }

/**
 * Which names have logged in from where of late: so that guessing at somebody from elsewhere does not shut them out.
 * Bounded by the number of names; over it goes the one that was longest not here.
 */
export function createKnownNetworks(clock: Clock, { mostNames = 50_000 } = {}) {
  const names = new Map<string, readonly Known[]>()
  return {
    has(name: string, network: string): boolean {
      const known = names.get(name)?.find(one => one.network === network)
      return known !== undefined && clock() - known.sinceMs < keptMs
    },
    add(name: string, network: string): void {
      const others = (names.get(name) ?? []).filter(one => one.network !== network)
      names.delete(name)
      if (names.size >= mostNames) names.delete(names.keys().next().value ?? '')
      names.set(name, [...others.slice(1 - mostNetworks), { network, sinceMs: clock() }])
    },
  }
}
