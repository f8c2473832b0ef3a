import { median, runLoad } from './load.ts'

/** A server that is up all the time, and the whole requests that it is sent, over and over. */
export type Target = {
  name: string
  port: number
  /** Or what makes others for each turn, before it begins. */
  requests: readonly Buffer[] | (() => readonly Buffer[])
}

/** By name: requests a second in each round. */
export type Rates = Map<string, number[]>

type Options = {
  rounds: number
  /** Those before that, for the compiler's sake: it goes on making a server quicker for some seconds. */
  warmUpRounds?: number
  load: { connections: number; seconds: number }
  /** Whose failed requests are their own affair. */
  mayFail?: readonly string[]
}

/** Loads servers in turns, round by round: a noisy moment of the machine hits all who run in it. */
export async function raceServers(
  targets: readonly Target[],
  { rounds, warmUpRounds = 1, load, mayFail = [] }: Options,
): Promise<Rates> {
  const rates: Rates = new Map(targets.map(({ name }) => [name, []]))
  const at = new Map<string, number>()
  for (let round = -warmUpRounds; round < rounds; round++) {
    for (const { name, port, requests: given } of round % 2 === 0 ? targets : targets.toReversed()) {
      const requests = typeof given === 'function' ? given() : given
      const next = () => {
        const n = at.get(name) ?? 0
        at.set(name, n + 1)
        return requests[n % requests.length] ?? Buffer.alloc(0)
      }
      const { perSecond, failures } = await runLoad({ port, ...load }, next)
      if (failures > 0 && !mayFail.includes(name)) {
        line(`${failures} failed requests of ${name}`)
        process.exitCode = 1
      }
      if (round >= 0) rates.get(name)?.push(perSecond)
    }
  }
  return rates
}

/** Each round by itself. */
export function ratioOf(rates: Rates, one: string, other: string): number {
  const [of, by] = [rates.get(one) ?? [], rates.get(other) ?? []]
  return median(of.map((rate, n) => rate / (by[n] ?? Number.NaN)))
}

export function goal(what: string, ratio: number, least: number): void {
  line(`${what}: ${ratio.toFixed(2)} (goal: at least ${least})${ratio < least ? '  MISSED' : ''}`)
  if (ratio < least) process.exitCode = 1
}

export function line(text: string): void {
  process.stdout.write(`${text}\n`)
}
