import { median } from './load.ts'

/** `run` is told how often it was called before. */
export type Runner = { name: string; run(n: number): void }

/** How often a second each runner ran, in one round. */
export type Turns = ReadonlyMap<string, number>

export type Race = {
  rounds: readonly Turns[]
  /** The median. */
  rate(name: string): number
  /** The median of what is asked of each round: a noisy moment of the machine hits all who run in it. */
  ratio(of: (turns: Turns) => number): number
}

/**
 * Lets runners run in turns: in each round every one of every entry once. Each runs as often as fills its
 * turn, and once at the least.
 */
export function race<Key>(
  entries: readonly { key: Key; runners: readonly Runner[] }[],
  { rounds, turnMs }: { rounds: number; turnMs: number },
): Map<Key, Race> {
  const lanes = entries.map(({ key, runners }) => ({
    key,
    results: [] as Map<string, number>[],
    runners: runners.map(runner => ({ ...runner, ...warmUp(runner, turnMs) })),
  }))
  for (let round = 0; round < rounds; round++) {
    for (const { results, runners } of lanes) {
      const turns = new Map<string, number>()
      // Who goes first changes.
      const order = round % 2 === 0 ? runners : runners.toReversed()
      for (const runner of order) turns.set(runner.name, runTurn(runner))
      results.push(turns)
    }
  }
  return new Map(lanes.map(({ key, results }) => [key, asRace(results)]))
}

type Lane = Runner & { perTurn: number; ran: number }

/** For the compiler's sake, and to see how often a turn is. */
function warmUp({ run }: Runner, turnMs: number): { perTurn: number; ran: number } {
  let ran = 0
  let perTurn = 1
  for (let go = 0; go < 3; go++) {
    const startedMs = performance.now()
    const first = ran
    do for (let n = 0; n < perTurn; n++) run(ran++)
    while (performance.now() - startedMs < turnMs)
    perTurn = Math.max(1, Math.round(((ran - first) * turnMs) / (performance.now() - startedMs)))
    // What takes this long has nothing to warm up for.
    if (perTurn < 10) break
  }
  return { perTurn, ran }
}

function runTurn(lane: Lane): number {
  const startedMs = performance.now()
  for (let n = 0; n < lane.perTurn; n++) lane.run(lane.ran++)
  return (lane.perTurn * 1000) / (performance.now() - startedMs)
}

function asRace(rounds: readonly Turns[]): Race {
  return {
    rounds,
    rate: name => median(rounds.map(turns => turns.get(name) ?? Number.NaN)),
    ratio: of => median(rounds.map(of)),
  }
}
