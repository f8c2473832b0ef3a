import { oidcProviderArn, samlProviderArn, samlProviderName } from '../../base/arn.ts'
import type { FederatedIdentity } from '../../base/federated-identity.ts'
import { newRequestId } from '../../base/ids.ts'
import { Refusal } from '../../base/refusal.ts'
import {
  type Candidate,
  type Claims,
  type MappingRule,
  mapRole,
  mapRoles,
  matches,
  type RoleMapping,
  valuesOf,
  type Why,
} from '../../base/role-mapping.ts'
import { claimsOf, inSmallLetters, mappableProvider } from '../../federation/given-roles.ts'
import { fitRoles, type RoleFit } from '../../federation/role-fits.ts'
import { sessionNameFor } from '../../federation/session-name.ts'
import type { ProviderTestDeps } from '../deps.ts'
import { refusalAdvice } from '../request/refusal-advice.ts'
import { ok, problem, type Step, skipped } from '../step.ts'
import { sampleIdentity, samplePoolIdentity } from './sample-identity.ts'

export type AskedMapping = {
  /** For a provider of this identity pool; else for the provider wherever people come in by it. */
  poolId?: string | undefined
  provider: string
  claims: Claims
  sourceIp?: string | undefined
}

/** A mapping, and somebody it is asked about. */
type Sample = {
  mapping: RoleMapping
  defaultRole?: string | undefined
  claims: Claims
  identity: FederatedIdentity
}

/**
 * What a role mapping makes of a sample of claims: each rule, which one fires and why, and whether the role's trust
 * policy would admit them. Nothing is handed out.
 *
 * @returns undefined where there is no such mapping
 */
export async function explainMapping(
  asked: AskedMapping,
  deps: ProviderTestDeps,
): Promise<Step[] | undefined> {
  try {
    const sample =
      asked.poolId === undefined ? await ofProvider(asked, deps) : await ofPool(asked, asked.poolId, deps)
    if (sample === undefined) return undefined
    const rules = sample.mapping.type === 'Rules' ? sample.mapping.rules : []
    return [
      ...rules.map((rule, index) => ruleStep(rule, index, sample.claims)),
      roleStep(sample),
      ...(await trustSteps(sample, asked, deps)),
    ]
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { means, change } = refusalAdvice[error.reason]
    return [
      problem(
        'Claims',
        `Refused as ${error.reason}. ${means} (${error.said.message ?? error.detail})`,
        change,
      ),
    ]
  }
}

/** By its principal, or by what comes behind it in an ARN. */
async function ofProvider(
  { provider: written, claims }: AskedMapping,
  deps: ProviderTestDeps,
): Promise<Sample | undefined> {
  const { accountId, store } = deps
  for (const name of [written, oidcProviderArn(accountId, written), samlProviderArn(accountId, written)]) {
    const provider = mappableProvider(name, accountId)
    const found = provider === undefined ? undefined : await store.roleMappings.find(provider)
    if (found === undefined) continue
    const identity = await sampleIdentity(found.provider, claims, deps)
    const { mapping, defaultRole } = found
    return { mapping: inSmallLetters(mapping), defaultRole, claims: claimsOf(identity), identity }
  }
  return undefined
}

async function ofPool(
  { provider, claims }: AskedMapping,
  poolId: string,
  deps: ProviderTestDeps,
): Promise<Sample | undefined> {
  const pool = await deps.store.identityPools.find(poolId)
  const name = [provider, oidcProviderArn(deps.accountId, provider)].find(
    one => pool !== undefined && Object.hasOwn(pool.roles.mappings, one),
  )
  const mapping = name === undefined ? undefined : pool?.roles.mappings[name]
  if (pool === undefined || name === undefined || mapping === undefined) return undefined
  const sample = {
    defaultRole: pool.roles.authenticated,
    identity: samplePoolIdentity(poolId, provider, deps),
  }
  if (samlProviderName(name, deps.accountId) === undefined) return { ...sample, mapping, claims }
  const saml = await sampleIdentity(name, claims, deps)
  return { ...sample, mapping: inSmallLetters(mapping), claims: claimsOf(saml) }
}

function ruleStep(rule: MappingRule, index: number, claims: Claims): Step {
  const values = valuesOf(claims, rule.claim)
  const found = values.length === 0 ? `there is no claim ${rule.claim}` : `${rule.claim} is ${quoted(values)}`
  const says = `${rule.claim} ${rule.matchType} ${quoted([rule.value])}, for ${rule.roleArn}`
  return matches(rule, claims)
    ? ok(ruleName(index), `Matches: ${says}; ${found}.`)
    : skipped(ruleName(index), `Does not match: ${says}; ${found}.`)
}

function roleStep({ mapping, defaultRole, claims }: Sample): Step {
  const mapped = mapRole({ mapping, defaultRole, claims })
  if (mapped.outcome === 'role') return ok('Role', `${mapped.roleArn}, ${reasonOf(mapped.why)}.`)
  const found = mapping.type === 'Rules' ? 'No rule matches' : 'The token gives no one role'
  return mapped.why.kind === 'noDefault'
    ? problem('Role', `${found}, and there is no default role.`, 'Set the default role, or add a rule.')
    : problem('Role', `${found}, and then none is given (Deny).`, 'Add a rule, if they shall have a role.')
}

function reasonOf(why: Why): string {
  switch (why.kind) {
    case 'rule':
      return `by rule ${why.index + 1}, the first that matches`
    case 'preferredRole':
      return 'the one that the token prefers'
    case 'onlyRole':
      return 'the only one that the token names'
    case 'default':
      return 'the default, since nothing else gives one role'
    default:
      return 'because it was asked for'
  }
}

/** The first is the one that is given; the others are theirs to choose. */
async function trustSteps(sample: Sample, { sourceIp = '127.0.0.1' }: AskedMapping, deps: ProviderTestDeps) {
  const atMs = deps.clock()
  const facts = { requestId: newRequestId(atMs), sourceIp, secure: true, atMs }
  const { store, accountId, config } = deps
  const { identity } = sample
  const about = { ...store, accountId, demo: config.demo }
  const fits = await fitRoles(about, identity, sessionNameFor(identity), facts)
  return mapRoles(sample).map((candidate, index) => trustStep(candidate, index === 0, fits))
}

function trustStep({ roleArn }: Candidate, isFirst: boolean, fits: readonly RoleFit[]): Step {
  const fit = fits.find(({ arn }) => arn === roleArn)
  const check = `Trust policy, ${roleArn.slice(roleArn.lastIndexOf('/') + 1)}`
  if (fit?.admits === true) return ok(check, isFirst ? 'Admits them.' : 'Admits them too, if they choose it.')
  const why = fit === undefined ? 'there is no such role' : fit.why
  return isFirst
    ? problem(check, `Does not admit them: ${why}.`, 'Change the role’s trust policy, or the mapping.')
    : skipped(check, `Does not admit them: ${why}.`)
}

function ruleName(index: number): string {
  return `Rule ${index + 1}`
}

const mostTold = 10

function quoted(values: readonly string[]): string {
  const told = values.slice(0, mostTold).map(value => `“${value}”`)
  return values.length > mostTold
    ? `${told.join(', ')} and ${values.length - mostTold} more`
    : told.join(', ')
}
