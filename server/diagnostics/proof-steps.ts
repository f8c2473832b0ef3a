import type { FederatedIdentity } from '../base/federated-identity.ts'
import { newRequestId } from '../base/ids.ts'
import { type Reason, Refusal } from '../base/refusal.ts'
import { fitRoles } from '../federation/role-fits.ts'
import { sessionNameFor } from '../federation/session-name.ts'
import type { Asked, ProviderTestDeps } from './deps.ts'
import { refusalAdvice } from './request/refusal-advice.ts'
import { ok, problem, type Step, skipped } from './step.ts'

type Hint = { says: string; change: string }

export type ProofCheck = {
  /** `ID token` */
  what: string
  verify(proof: string): Promise<FederatedIdentity>
  /** In a sentence, why a good proof is still not this provider's. */
  strangenessOf?(identity: FederatedIdentity): string | undefined
  /** What only this kind of provider knows of a refusal. */
  hintFor?(reason: Reason, proof: string): Hint | undefined
}

const mostNearRoles = 20

/** Whether a sample of the provider's would be taken, by the code that serves requests, and which roles it leads to. */
export async function* proofSteps(
  { what, verify, strangenessOf, hintFor }: ProofCheck,
  deps: ProviderTestDeps,
  asked: Asked,
): AsyncGenerator<Step> {
  const check = `Sample ${what}`
  if (asked.proof === undefined) {
    yield skipped(check, 'None was given (--token FILE, or - for the standard input).')
    return
  }
  let identity: FederatedIdentity
  try {
    identity = await verify(asked.proof)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    yield refusedStep(check, error, hintFor?.(error.reason, asked.proof))
    return
  }
  const strangeness = strangenessOf?.(identity)
  if (strangeness !== undefined) {
    yield problem(check, strangeness, 'Give a sample of the provider that is tested.')
    return
  }
  const { subject, issuer, audience } = identity
  yield ok(check, `Good: subject ${subject} of ${issuer}, made for ${audience}.`)
  yield* roleSteps(identity, deps, asked)
}

function refusedStep(check: string, { reason, detail }: Refusal, hint: Hint | undefined): Step {
  const { means, change } = refusalAdvice[reason]
  const why = hint?.says ?? (detail === undefined ? '' : `(${detail})`)
  return problem(check, `Refused as ${reason}. ${means} ${why}`.trimEnd(), hint?.change ?? change)
}

/** The roles that would be had, and of those that mean this provider what is in the way. */
export async function* roleSteps(
  identity: FederatedIdentity,
  { store, accountId, config, clock }: ProviderTestDeps,
  { sourceIp = '127.0.0.1' }: Asked,
): AsyncGenerator<Step> {
  const atMs = clock()
  const facts = { requestId: newRequestId(atMs), sourceIp, secure: true, atMs }
  const about = { ...store, accountId, demo: config.demo }
  const fits = await fitRoles(about, identity, sessionNameFor(identity), facts)
  const admitting = fits.filter(fit => fit.admits)
  const near = fits.flatMap(fit => (!fit.admits && fit.isNear ? [fit] : [])).slice(0, mostNearRoles)
  if (admitting.length > 0) yield ok('Roles', `May have: ${admitting.map(({ arn }) => arn).join(', ')}`)
  else {
    const change =
      near.length > 0
        ? 'Change the trust policy of one of the roles below, or make one.'
        : `Make a role whose trust policy has this principal: ${identity.principals.join(' or ')}.`
    yield problem('Roles', `None of the ${fits.length} roles admits this person.`, change)
  }
  for (const { name, why } of near) yield skipped(`Role ${name}`, `Does not admit this person: ${why}.`)
}
