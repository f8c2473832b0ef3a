import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { decide } from '../../server/policy/decide/decide.ts'
import { explain } from '../../server/policy/explain/explain.ts'
import { parsePolicy } from '../../server/policy/parse-policy.ts'
import { median } from './load.ts'
import {
  type Contender,
  createCasbin,
  createCedar,
  createRolecall,
  policyRequests,
  policyText,
} from './policy-contenders.ts'
import { type Rule, stride, type Workload, workloads } from './policy-workload.ts'
import { type Race, race } from './race.ts'

const sizes = [1, 10, 100, 1_000, 10_000] as const
type Size = (typeof sizes)[number]

const goals = {
  /** Times the faster peer, on the distinct requests. */
  timesPeer: { 1: 5, 100: 50, 10000: 2_000 } as Partial<Record<Size, number>>,
  slowdown: 5,
  trace: 20,
  compile: 25,
  /** For what half a million requests, all of them different, may leave behind. */
  keptMegabytes: 16,
}

const rounds = 9
const turnMs = 120
/** A peer takes up to a tenth of a second for one decision: all are compared where that takes seconds. */
const mostCompared: Record<Size, number> = { 1: 10_000, 10: 10_000, 100: 5_000, 1000: 800, 10000: 80 }

const line = (text = '') => process.stdout.write(`${text}\n`)

/**
 * Decisions per second for Rolecall and its peers: policies that mean the same, the same requests, in one
 * process and in turns; then what Rolecall's other promises cost.
 */
export async function benchPolicy(): Promise<void> {
  const repeating = await compareOn(workloads.repeating)
  const distinct = await compareOn(workloads.distinct)
  const checks = [
    repeating.agree && distinct.agree,
    reportPeers(workloads.repeating.name, repeating.races, {}),
    reportPeers(workloads.distinct.name, distinct.races, goals.timesPeer),
    reportSlowdown(distinct.races),
    reportTrace(),
    reportCompile(),
    reportKept(),
  ]
  if (checks.includes(false)) process.exitCode = 1
}

type Races = ReadonlyMap<Size, Race>

async function compareOn(workload: Workload): Promise<{ races: Races; agree: boolean }> {
  const contenders = new Map<Size, Contender[]>()
  let asked = 0
  let agree = true
  for (const size of sizes) {
    const rules = workload.rules(size)
    const asks = workload.asks(rules)
    asked = asks.length
    const some = [createRolecall(rules, asks), createCedar(rules, asks), await createCasbin(rules, asks)]
    contenders.set(size, some)
    agree = requireAgreement(workload, size, some, asked) && agree
  }
  const entries = [...contenders].map(([size, some]) => ({
    key: size,
    runners: some.map(({ name, allows }) => ({ name, run: (n: number) => void allows(n % asked) })),
  }))
  return { races: race(entries, { rounds, turnMs }), agree }
}

/** Engines that answer differently don't do the same work. */
function requireAgreement(
  { name }: Workload,
  size: Size,
  contenders: readonly Contender[],
  asked: number,
): boolean {
  const count = Math.min(asked, mostCompared[size])
  let [differing, allowed] = [0, 0]
  for (let n = 0; n < count; n++) {
    const answers = contenders.map(({ allows }) => allows((n * stride) % asked))
    if (new Set(answers).size > 1) differing++
    if (answers[0] === true) allowed++
  }
  const share = `${allowed} of ${count} requests allowed`
  if (differing > 0) line(`${name}, ${size} statements: ${share}; the engines differ on ${differing}`)
  else line(`${name}, ${size} statements: all agree, ${share}`)
  return differing === 0
}

function reportPeers(name: string, races: Races, wanted: Partial<Record<Size, number>>): boolean {
  line()
  line(`Decisions per second: ${name}; medians of ${rounds} rounds`)
  line('  statements    rolecall        cedar       casbin   times the faster peer')
  let met = true
  for (const [size, found] of races) {
    const cells = ['rolecall', 'cedar', 'casbin'].map(one => perSecond(found.rate(one)).padStart(11))
    const times = found.ratio(
      turns => of(turns, 'rolecall') / Math.max(of(turns, 'cedar'), of(turns, 'casbin')),
    )
    const goal = wanted[size]
    line(
      `  ${count(size).padStart(10)}${cells.join('  ')}   ${times.toFixed(1)}${judged(times, goal, 'least')}`,
    )
    if (goal !== undefined && times < goal) met = false
  }
  return met
}

function reportSlowdown(races: Races): boolean {
  const small = races.get(1)?.rounds ?? []
  const large = races.get(10_000)?.rounds ?? []
  const slowdown = median(
    small.map((turns, n) => of(turns, 'rolecall') / of(large[n] ?? new Map(), 'rolecall')),
  )
  line()
  line(
    `From 1 to 10,000 statements: ${slowdown.toFixed(1)} times slower${judged(slowdown, goals.slowdown, 'most')}`,
  )
  return slowdown <= goals.slowdown
}

function reportTrace(): boolean {
  const entries = sizes.map(size => {
    const rules = workloads.distinct.rules(size)
    const requests = policyRequests(workloads.distinct.asks(rules))
    const policies = { identity: [parsePolicy(policyText(rules), 'identity')] }
    const each = (work: (request: (typeof requests)[number]) => void) => (n: number) => {
      const request = requests[n % requests.length]
      if (request !== undefined) work(request)
    }
    const runners = [
      { name: 'decide', run: each(request => decide(policies, request)) },
      { name: 'explain', run: each(request => explain(policies, request)) },
    ]
    return { key: size, runners }
  })
  line()
  return reportCosts('A full trace costs, in decisions', race(entries, { rounds, turnMs: 60 }), [
    'explain',
    'decide',
    goals.trace,
  ])
}

function reportCompile(): boolean {
  const entries = sizes.map(size => {
    const text = policyText(workloads.distinct.rules(size))
    const runners = [
      { name: 'JSON.parse', run: () => void JSON.parse(text) },
      { name: 'parsePolicy', run: () => void parsePolicy(text, 'identity') },
    ]
    return { key: size, runners }
  })
  line()
  return reportCosts(
    'Compiling costs, in times JSON.parse of the same text',
    race(entries, { rounds, turnMs: 60 }),
    ['parsePolicy', 'JSON.parse', goals.compile],
  )
}

function reportCosts(title: string, races: Races, [dear, cheap, most]: [string, string, number]): boolean {
  line(`${title} (goal: at most ${most})`)
  let met = true
  for (const [size, found] of races) {
    const times = found.ratio(turns => of(turns, cheap) / of(turns, dear))
    const each = 1_000_000 / found.rate(dear)
    line(
      `  ${count(size).padStart(10)}  ${times.toFixed(1).padStart(6)}  (${microseconds(each)} each)${verdict(times <= most)}`,
    )
    met &&= times <= most
  }
  return met
}

/** Whatever is remembered between decisions must have an end, however long strangers go on asking. */
function reportKept(): boolean {
  const rules: Rule[] = workloads.distinct.rules(1_000)
  const policies = { identity: [parsePolicy(policyText(rules), 'identity')] }
  const [request] = policyRequests(workloads.distinct.asks(rules).slice(0, 1))
  if (request === undefined) throw new Error('no request')
  const ask = (n: number) =>
    decide(policies, { ...request, action: `notes:Read${n}`, resource: `${request.resource}${n}` })
  for (let n = 0; n < 10_000; n++) ask(n)
  const before = usedMegabytes()
  for (let n = 0; n < 500_000; n++) ask(10_000 + n)
  const kept = usedMegabytes() - before
  line()
  line(
    `Half a million distinct actions and resources leave ${kept.toFixed(1)} MB behind${judged(kept, goals.keptMegabytes, 'most')}`,
  )
  return kept <= goals.keptMegabytes
}

/** Node gives it to nobody who does not ask for it. */
setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function usedMegabytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed / 2 ** 20
}

function of(turns: ReadonlyMap<string, number>, name: string): number {
  return turns.get(name) ?? Number.NaN
}

function judged(value: number, goal: number | undefined, bound: 'least' | 'most'): string {
  if (goal === undefined) return ''
  const met = bound === 'least' ? value >= goal : value <= goal
  return ` (goal: at ${bound} ${count(goal)})${verdict(met)}`
}

function verdict(met: boolean): string {
  return met ? '' : '  MISSED'
}

function perSecond(rate: number): string {
  return rate < 1_000 ? rate.toFixed(1) : count(Math.round(rate))
}

function count(value: number): string {
  return value.toLocaleString('en')
}

function microseconds(value: number): string {
  return value < 1_000 ? `${value.toFixed(1)} us` : `${(value / 1_000).toFixed(1)} ms`
}
