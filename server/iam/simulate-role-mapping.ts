import { isIP } from 'node:net'
import type { Permission } from '../authorization/authorize.ts'
import { defineAction, type Result } from '../aws/action.ts'
import { optional, params, text } from '../aws/params.ts'
import { identityPoolArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { Why } from '../base/role-mapping.ts'
import { readSampleClaims } from '../base/sample-claims.ts'
import { mappableProvider } from '../federation/given-roles.ts'
import {
  candidatesOf,
  findMappingSample,
  type JudgedMapping,
  judgeMapping,
  type MappingSample,
} from '../federation/mapping/judge-mapping.ts'
import { findRoleArn } from '../federation/session-request.ts'
import type { IamDeps } from './deps.ts'
import { role } from './holders.ts'
import { on, resourceTags } from './permissions.ts'
import { missingMapping, onProvider, provider } from './role-mappings.ts'

const input = {
  Provider: provider,
  /** For the mapping that this identity pool has for the provider. */
  IdentityPoolId: optional(text({ min: 1, max: 55, pattern: /^[\w-]+:[0-9a-f-]+$/ })),
  /** A JSON object; as long as the longest token that is looked at. Claims are about people: a refusal does not quote it. */
  Claims: text({ min: 1, max: 20_000, secret: true }),
  /** From where they would come, for trust policies that ask; the caller's own unless it is given. */
  SourceIp: optional(text({ min: 2, max: 45, pattern: /^[\da-fA-F:.]+$/ })),
}
type Asked = { Provider: string; IdentityPoolId: string | undefined; Claims: string }

/**
 * What a role mapping would make of somebody with these claims: each rule, the role, and what the trust policies of the
 * roles that would be theirs say. Nothing is handed out, and no claim is kept. Rolecall's own.
 *
 * It tells what the mapping says and what trust policies ask for. So it takes, beside its own permission, those by which
 * one reads these: else it would tell what another action refuses.
 *
 * @throws {Refusal} entity.missing | entity.invalid, saying where, when the claims can't be read, or for what is no address
 */
export const simulateRoleMapping = defineAction({
  name: 'SimulateRoleMapping',
  auth: 'signed',
  input: params(input),
  async permission(asked, deps: IamDeps) {
    const [own, read] = await onMapping(asked, deps)
    return [own, read, ...(await onRoles(asked, deps))]
  },
  async handle(asked, deps, { facts: { userAgent: _, ...facts } }) {
    const { SourceIp: sourceIp } = asked
    // What is no address lies in no network: a policy that keeps one out would be told to admit.
    if (sourceIp !== undefined && isIP(sourceIp) === 0) throw invalid('SourceIp is no IP address')
    const sample = await findSample(asked, deps)
    if (sample === undefined) throw missingMapping(asked.Provider)
    return wireJudged(await judgeMapping(sample, { ...facts, ...(sourceIp && { sourceIp }) }, deps))
  },
})

async function onMapping(
  { Provider, IdentityPoolId: poolId }: Asked,
  deps: IamDeps,
): Promise<[Permission, Permission]> {
  if (poolId === undefined) {
    return [
      onProvider('SimulateRoleMapping', Provider, deps),
      onProvider('GetProviderRoleMapping', Provider, deps),
    ]
  }
  const pool = await deps.identityPools.find(poolId)
  const context = resourceTags(pool?.tags ?? {})
  const resource = identityPoolArn(deps.accountId, poolId)
  return [
    { action: 'iam:SimulateRoleMapping', resource, context },
    { action: 'cognito-identity:GetIdentityPoolRoles', resource, context },
  ]
}

/** Of the roles whose trust policy is asked. Claims that can't be read name none, and are refused afterwards. */
async function onRoles(asked: Asked, deps: IamDeps): Promise<Permission[]> {
  const sample = await findSample(asked, deps).catch((error: unknown) => {
    if (error instanceof Refusal) return undefined
    throw error
  })
  const candidates = sample === undefined ? [] : candidatesOf(sample)
  const ours = candidates.flatMap(({ roleArn }) => {
    const named = findRoleArn(roleArn)
    return named?.accountId === deps.accountId ? [{ ...named, roleArn }] : []
  })
  return Promise.all(
    ours.map(async ({ name, roleArn: resource }) => ({
      ...(await on(role, 'GetRole', name, deps)),
      resource,
    })),
  )
}

async function findSample(
  { Provider, IdentityPoolId: poolId, Claims }: Asked,
  deps: IamDeps,
): Promise<MappingSample | undefined> {
  // By the name alone that the permission was asked on: a second spelling would get around a policy on the first.
  const name = poolId === undefined ? mappableProvider(Provider, deps.accountId) : Provider
  if (name === undefined) return undefined
  try {
    const claims = readSampleClaims(Claims)
    return await findMappingSample({ poolId, provider: name, claims }, deps)
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(error.message)
    if (!(error instanceof Refusal) || !/^(?:token|tags)\./.test(error.reason)) throw error
    // Said and not kept: the log and the audit log hold no claim.
    throw invalid(
      `No proof of this provider may say this: ${error.said.message ?? error.detail ?? error.reason}`,
    )
  }
}

const mostTold = 10

function wireJudged({ rules, role: mapped, trusts }: JudgedMapping): Result {
  return {
    Rules: rules.map(({ rule, values, matches }) => ({
      Claim: rule.claim,
      MatchType: rule.matchType,
      Value: rule.value,
      RoleARN: rule.roleArn,
      Matches: matches,
      ClaimValues: values.slice(0, mostTold),
      MoreClaimValues: Math.max(0, values.length - mostTold),
    })),
    Outcome: outcomeOf(mapped.why),
    FiringRule: mapped.why.kind === 'rule' ? mapped.why.index + 1 : undefined,
    RoleARN: mapped.outcome === 'role' ? mapped.roleArn : undefined,
    Trusts: trusts.map(trust => ({
      RoleARN: trust.roleArn,
      Admits: trust.admits,
      Reason: trust.admits ? undefined : trust.why,
    })),
  }
}

function outcomeOf({ kind }: Why): string {
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`
}

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}
