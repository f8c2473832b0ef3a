import type { Clock } from '../base/clock.ts'
import { Refusal, throttled } from '../base/refusal.ts'
import { type Budget, FailureCounter } from '../http/failure-counter.ts'
import { networkOf, siteOf } from '../http/network-of.ts'
import { createKnownNetworks } from './known-networks.ts'
import { keyOf, nameKey } from './name-key.ts'

/** As it was typed, and from where. */
export type Who = { name: string; sourceIp: string }

export type PasswordTries = {
  /**
   * Lets a password be checked, unless there were too many wrong ones. Only `password.refused` counts against anybody.
   * @throws {Refusal} request.throttled, or what the check throws
   */
  attempt<Answer>(who: Who, check: () => Promise<Answer>): Promise<Answer>
  /** How many counts are kept. */
  size(): number
}

const quarter = 15 * 60

/**
 * How many wrong passwords, by whom: `docs/decisions/0010-password-tries.md` has the reasons. At one name strangers get
 * fewer than a hundred guesses an hour.
 */
const budgets = {
  nameFromNetwork: { points: 5, seconds: quarter },
  name: { points: 10, seconds: quarter },
  network: { points: 50, seconds: quarter },
  site: { points: 200, seconds: quarter },
  inAll: { points: 600, seconds: 60 },
  /** Of all who are known in a network, together. */
  knownNetwork: { points: 100, seconds: quarter },
} satisfies Record<string, Budget>

/**
 * More than can be open at once: strangers begin at most 600 windows a minute of each kind, for a quarter of an hour. So
 * no flood pushes out what counts against whoever sends it.
 */
const mostKeys = 20_000

/** Together less than the directory is asked at once; strangers never take the places of those who are known. */
const mostInFlight = { stranger: 16, known: 12 }

type Count = keyof typeof budgets
type Keys = Readonly<Record<Count, string | undefined>>
type Lane = { counts: readonly Count[]; mostInFlight: number; inFlight: number }
type Taken = { counter: FailureCounter; key: string; held: string }

/**
 * Wrong passwords are answered in steps of this. Directories take longer over some people than over others (AD writes down
 * a wrong password, and is done at once with a name that nobody has), which would tell who is there.
 */
const usualStepMs = 200

/**
 * Whoever has too many is answered in the same steps: who asks again at once, over however few connections, would else
 * have all of the service's time in refusals. It keeps a connection and a timer, of so many.
 */
const mostDelayed = 1_000

export function createPasswordTries(clock: Clock, { stepMs = usualStepMs } = {}): PasswordTries {
  const counterOf = (count: Count) => new FailureCounter({ ...budgets[count], mostKeys }, clock)
  const counters: Readonly<Record<Count, FailureCounter>> = {
    nameFromNetwork: counterOf('nameFromNetwork'),
    name: counterOf('name'),
    network: counterOf('network'),
    site: counterOf('site'),
    inAll: counterOf('inAll'),
    knownNetwork: counterOf('knownNetwork'),
  }
  const known = createKnownNetworks(clock)
  // What is all strangers' comes first: without a point of it, no window of anybody's own begins.
  const stranger: Lane = {
    counts: ['inAll', 'site', 'network', 'name', 'nameFromNetwork'],
    mostInFlight: mostInFlight.stranger,
    inFlight: 0,
  }
  const familiar: Lane = {
    counts: ['knownNetwork', 'nameFromNetwork'],
    mostInFlight: mostInFlight.known,
    inFlight: 0,
  }
  let delayed = 0
  /** Points that were taken for tries that are still being looked at. */
  const held = new Map<string, number>()

  async function attempt<Answer>(who: Who, check: () => Promise<Answer>): Promise<Answer> {
    const startedMs = performance.now()
    try {
      return await attemptNow(who, check)
    } catch (error) {
      // It keeps no place meanwhile that a right password could have.
      if (isWrongPassword(error)) await untilNextStep(startedMs, stepMs)
      else if (isThrottled(error)) await delayExcess(startedMs)
      throw error
    }
  }

  async function delayExcess(startedMs: number): Promise<void> {
    if (delayed >= mostDelayed) return
    delayed++
    await untilNextStep(startedMs, stepMs)
    delayed--
  }

  async function attemptNow<Answer>({ name, sourceIp }: Who, check: () => Promise<Answer>): Promise<Answer> {
    const [person, network] = [nameKey(name), networkOf(sourceIp)]
    const pair = keyOf(person, network)
    const lane = known.has(person, network) ? familiar : stranger
    if (lane.inFlight >= lane.mostInFlight) throw throttled(1_000, 'too many tries at once')
    lane.inFlight++
    try {
      const site = siteOf(sourceIp)
      const keys = { nameFromNetwork: pair, name: person, network, site, inAll: '', knownNetwork: network }
      const answer = await checkWithin(lane, keys, check)
      known.add(person, network)
      await counters.nameFromNetwork.delete(pair)
      return answer
    } finally {
      lane.inFlight--
    }
  }

  /** The points are taken beforehand, and given back: of a hundred guesses at once, five are looked at. */
  async function checkWithin<Answer>(lane: Lane, keys: Keys, check: () => Promise<Answer>): Promise<Answer> {
    const taken: Taken[] = []
    try {
      for (const count of lane.counts) {
        if (!(await take(count, keys[count], taken))) throw await tooMany(lane, keys, taken)
      }
      const answer = await check()
      await giveBack(taken)
      return answer
    } catch (error) {
      if (!isWrongPassword(error)) await giveBack(taken)
      throw error
    } finally {
      for (const one of taken) hold(one.held, -1)
    }
  }

  /** False when none is left. The one that is over is taken as well, so that all can be given back alike. */
  async function take(count: Count, key: string | undefined, taken: Taken[]): Promise<boolean> {
    if (key === undefined) return true
    const one = { counter: counters[count], key, held: `${count} ${key}` }
    taken.push(one)
    hold(one.held, 1)
    return one.counter.consume(key).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Error) throw error
        return false
      },
    )
  }

  /** Says when nothing that was found wrong stands against it any more; what is held may be free in a moment. */
  async function tooMany({ counts }: Lane, keys: Keys, taken: readonly Taken[]): Promise<Refusal> {
    const waits = counts.map(async count => {
      const key = keys[count]
      const window = key === undefined ? null : await counters[count].get(key)
      if (window === null) return 0
      const wrong = window.consumedPoints - (held.get(`${count} ${key}`) ?? 0)
      return wrong < budgets[count].points ? 0 : window.msBeforeNext
    })
    const over = lastOf(taken)
    return throttled(Math.max(...(await Promise.all(waits))), `too many wrong passwords: ${over}`)
  }

  function hold(key: string, change: number): void {
    const now = (held.get(key) ?? 0) + change
    if (now > 0) held.set(key, now)
    else held.delete(key)
  }

  return {
    attempt,
    size: () => Object.values(counters).reduce((sum, { size }) => sum + size, 0),
  }
}

/** Of which count, without whose. */
function lastOf(taken: readonly Taken[]): string {
  return taken.at(-1)?.held.split(' ')[0] ?? ''
}

async function giveBack(taken: readonly Taken[]): Promise<void> {
  for (const { counter, key } of taken) await counter.reward(key)
}

async function untilNextStep(startedMs: number, stepMs: number): Promise<void> {
  if (stepMs === 0) return
  const tookMs = performance.now() - startedMs
  await new Promise(resolve => setTimeout(resolve, stepMs - (tookMs % stepMs)))
}

function isWrongPassword(error: unknown): boolean {
  return error instanceof Refusal && error.reason === 'password.refused'
}

function isThrottled(error: unknown): boolean {
  return error instanceof Refusal && error.reason === 'request.throttled'
}
