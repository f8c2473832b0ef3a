import { defineAction, type Result } from '../aws/action.ts'
import { flag, optional, params, text } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import type { ManagedPolicy } from '../store/policies.ts'
import type { PolicyVersion } from '../store/policy-versions.ts'
import type { IamDeps } from './deps.ts'
import { requireDocument } from './documents.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { onPolicy } from './permissions.ts'
import { requireOwnPolicy, requirePolicy } from './policy-arn.ts'
import { encodeDocument, wireDate } from './shapes.ts'

/** @see AWS IAM User Guide, "IAM and AWS STS quotas" */
const mostVersions = 5

const versionId = text({
  min: 2,
  max: 64,
  pattern: /^v[1-9][0-9]*(\.[A-Za-z0-9-]*)?$/,
  patternText: 'v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?',
})

/**
 * @throws {Refusal} policy.malformed | entity.missing | entity.limit
 * @see AWS IAM API reference, CreatePolicyVersion
 */
export const createPolicyVersion = defineAction({
  name: 'CreatePolicyVersion',
  auth: 'signed',
  writes: true,
  input: params({
    PolicyArn: given.arn,
    PolicyDocument: given.policyDocument,
    SetAsDefault: optional(flag(), false),
  }),
  permission: (asked, deps: IamDeps) => onPolicy('CreatePolicyVersion', asked.PolicyArn, deps),
  async handle(asked, deps, { warn }) {
    const policy = await requireOwnPolicy(asked.PolicyArn, deps, noSuchPolicy(asked.PolicyArn))
    const nowMs = deps.clock()
    requireDocument(asked.PolicyDocument, 'managed', { nowMs, warn })
    const asDefault = asked.SetAsDefault
    const added = { document: asked.PolicyDocument, asDefault, nowMs, mostVersions }
    const version = await deps.policies.addVersion(policy, added)
    if (version === undefined) {
      const message = `A managed policy can have up to ${mostVersions} versions. Before you create a new version, you must delete an existing version.`
      throw new Refusal('entity.limit', { said: { message } })
    }
    return { PolicyVersion: { VersionId: version, IsDefaultVersion: asDefault, CreateDate: wireDate(nowMs) } }
  },
})

/**
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, GetPolicyVersion
 */
export const getPolicyVersion = defineAction({
  name: 'GetPolicyVersion',
  auth: 'signed',
  input: params({ PolicyArn: given.arn, VersionId: versionId }),
  permission: (asked, deps: IamDeps) => onPolicy('GetPolicyVersion', asked.PolicyArn, deps),
  async handle(asked, deps) {
    const policy = await requirePolicy(asked.PolicyArn, deps, noSuchPolicy(asked.PolicyArn))
    const found = await deps.policies.findVersion(policy.id, asked.VersionId)
    if (found === undefined) throw noSuchVersion(asked)
    return { PolicyVersion: { Document: encodeDocument(found.document), ...wireVersion(found, policy) } }
  },
})

/**
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, ListPolicyVersions
 */
export const listPolicyVersions = defineAction({
  name: 'ListPolicyVersions',
  auth: 'signed',
  input: params({ PolicyArn: given.arn, Marker: given.marker, MaxItems: given.maxItems }),
  permission: (asked, deps: IamDeps) => onPolicy('ListPolicyVersions', asked.PolicyArn, deps),
  async handle(asked, deps) {
    const policy = await requirePolicy(asked.PolicyArn, deps, noSuchPolicy(asked.PolicyArn))
    const page = readPage(await deps.policies.listVersions(policy.id), newestFirst, asked)
    return { Versions: page.items.map(version => wireVersion(version, policy)), ...page.wire }
  },
})

/**
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, SetDefaultPolicyVersion
 */
export const setDefaultPolicyVersion = defineAction({
  name: 'SetDefaultPolicyVersion',
  auth: 'signed',
  writes: true,
  input: params({ PolicyArn: given.arn, VersionId: versionId }),
  permission: (asked, deps: IamDeps) => onPolicy('SetDefaultPolicyVersion', asked.PolicyArn, deps),
  async handle(asked, deps) {
    const policy = await requireOwnPolicy(asked.PolicyArn, deps, noSuchPolicy(asked.PolicyArn))
    if (!(await deps.policies.setDefaultVersion(policy, asked.VersionId))) throw noSuchVersion(asked)
    return {}
  },
})

/**
 * @throws {Refusal} entity.missing | entity.inUse
 * @see AWS IAM API reference, DeletePolicyVersion
 */
export const deletePolicyVersion = defineAction({
  name: 'DeletePolicyVersion',
  auth: 'signed',
  writes: true,
  input: params({ PolicyArn: given.arn, VersionId: versionId }),
  permission: (asked, deps: IamDeps) => onPolicy('DeletePolicyVersion', asked.PolicyArn, deps),
  async handle(asked, deps) {
    const policy = await requireOwnPolicy(asked.PolicyArn, deps, noSuchPolicy(asked.PolicyArn))
    if (policy.defaultVersion === asked.VersionId) {
      const message = 'Cannot delete the default version of a policy.'
      throw new Refusal('entity.inUse', { said: { message } })
    }
    if (!(await deps.policies.deleteVersion(policy.id, asked.VersionId))) throw noSuchVersion(asked)
    return {}
  },
})

function wireVersion({ version, createdAtMs }: PolicyVersion, policy: ManagedPolicy): Result {
  return {
    VersionId: version,
    IsDefaultVersion: version === policy.defaultVersion,
    CreateDate: wireDate(createdAtMs),
  }
}

/** Pages go by rising keys; versions fall. */
function newestFirst({ version }: PolicyVersion): string {
  return String(Number.MAX_SAFE_INTEGER - Number(version.slice(1))).padStart(16, '0')
}

function noSuchPolicy(arn: string): string {
  return `Policy ${arn} was not found.`
}

function noSuchVersion({ PolicyArn, VersionId }: { PolicyArn: string; VersionId: string }): Refusal {
  const message = `Policy ${PolicyArn} version ${VersionId} does not exist or is not attachable.`
  return new Refusal('entity.missing', { said: { message } })
}
