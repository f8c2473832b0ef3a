import { resolveAllowed } from '../base/outbound.ts'
import { Refusal } from '../base/refusal.ts'
import type { ProviderTestDeps } from './deps.ts'
import { certificateStep } from './inspect-certificate.ts'
import { ok, problem, type Step } from './step.ts'

/** Whether a URL's host may be called and can be trusted. A host that was looked at is not looked at again. */
export type Reach = (url: string) => AsyncGenerator<Step, boolean>

export function createReach({ outboundRules, clock }: ProviderTestDeps): Reach {
  const known = new Map<string, boolean>()

  async function* look(text: string): AsyncGenerator<Step, boolean> {
    const url = URL.parse(text)
    const host = url?.hostname.replace(/^\[|\]$/g, '') ?? text
    const check = `Address of ${host}`
    let addresses: string[]
    try {
      addresses = await resolveAllowed(text, outboundRules)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      yield problem(check, `${error.detail}.`, adviceFor(error.detail ?? '', url?.host ?? host))
      return false
    }
    yield ok(check, addresses.join(', '))
    const [address] = addresses
    if (url?.protocol !== 'https:' || address === undefined) return true
    const step = await certificateStep({ host, address, port: Number(url.port || 443) }, clock())
    yield step
    return step.outcome !== 'problem'
  }

  return async function* (url) {
    const origin = URL.parse(url)?.origin ?? url
    const before = known.get(origin)
    if (before !== undefined) return before
    const reached = yield* look(url)
    known.set(origin, reached)
    return reached
  }
}

function adviceFor(detail: string, host: string): string {
  if (/is not https:/.test(detail)) {
    return 'Use an https address. Plain http is taken for loopback alone, outside production.'
  }
  if (/may not be called|not a public address/.test(detail)) {
    return `If ${host} is really yours and inside your network, add it to ROLECALL_ALLOWED_PRIVATE_HOSTS.`
  }
  return 'Correct the host name, or this machine’s name service.'
}
