import { randomUUID } from 'node:crypto'
import { defineAction, type Result } from '../aws/action.ts'
import { list, oneOf, optional, params, text } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import { type Actor, type Finding, findUses } from './access-findings.ts'
import type { IamDeps } from './deps.ts'
import { onEntity, reachOf } from './entity-reach.ts'
import { grants, services } from './granted-services.ts'
import { group } from './holders.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { wireDate } from './shapes.ts'
import { findPrincipal, sourcesOf } from './simulated-principal.ts'

/** As it is kept: who could act, what they may reach, and what they did. */
type Findings = {
  granularity: string
  granted: string[]
  actors: { id: string; arn: string; name: string; path: string; type: 'USER' | 'ROLE' }[]
  uses: Finding[]
}

/** A job that nobody has finished in this time has died with its node. */
const longestJobMs = 10 * 60_000
const jobId = text({ min: 36, max: 36 })
const namespace = text({ min: 1, max: 64, pattern: /^[\w-]*$/, patternText: '[\\w-]*' })

/**
 * Begins a report; `GetServiceLastAccessedDetails` fetches it.
 *
 * @throws {Refusal} entity.missing | entity.invalid
 * @see AWS IAM API reference, GenerateServiceLastAccessedDetails
 */
export const generateServiceLastAccessedDetails = defineAction({
  name: 'GenerateServiceLastAccessedDetails',
  auth: 'signed',
  input: params({
    Arn: given.arn,
    Granularity: optional(oneOf('SERVICE_LEVEL', 'ACTION_LEVEL'), 'SERVICE_LEVEL'),
  }),
  permission: (asked, deps: IamDeps) => onEntity('GenerateServiceLastAccessedDetails', asked.Arn, deps),
  async handle({ Arn: arn, Granularity: granularity }, deps) {
    const { actors, documents } = await reachOf(arn, deps)
    const id = randomUUID()
    await deps.accessReports.create({ id, arn, createdAtMs: deps.clock() })
    // The log may be long: whoever asks does not wait for it.
    findUses(actors, deps)
      .then(uses =>
        deps.accessReports.finish(
          id,
          JSON.stringify({
            granularity,
            granted: Object.keys(services).filter(one => documents.some(text => grants(text, one))),
            actors: actors
              .map(actor => described(actor, deps))
              .sort((one, other) => (one.arn < other.arn ? -1 : 1)),
            uses,
          } satisfies Findings),
          deps.clock(),
        ),
      )
      // It stays unfinished, and is told as failed after a while.
      .catch(() => undefined)
    return { JobId: id }
  },
})

/**
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, GetServiceLastAccessedDetails
 */
export const getServiceLastAccessedDetails = defineAction({
  name: 'GetServiceLastAccessedDetails',
  auth: 'signed',
  input: params({ JobId: jobId, ...given.paging }),
  permission: () => ({ action: 'iam:GetServiceLastAccessedDetails', resource: '*' }),
  async handle(asked, deps: IamDeps) {
    const { wire, findings } = await requireReport(asked.JobId, deps)
    if (findings === undefined) return { ...wire, ServicesLastAccessed: [], IsTruncated: false }
    const page = readPage(findings.granted, one => one, asked)
    return {
      ...wire,
      JobType: findings.granularity,
      ServicesLastAccessed: page.items.map(one => wireService(one, findings)),
      ...page.wire,
    }
  },
})

/**
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, GetServiceLastAccessedDetailsWithEntities
 */
export const getServiceLastAccessedDetailsWithEntities = defineAction({
  name: 'GetServiceLastAccessedDetailsWithEntities',
  auth: 'signed',
  input: params({ JobId: jobId, ServiceNamespace: namespace, ...given.paging }),
  permission: () => ({ action: 'iam:GetServiceLastAccessedDetailsWithEntities', resource: '*' }),
  async handle(asked, deps: IamDeps) {
    const { wire, findings } = await requireReport(asked.JobId, deps)
    if (findings === undefined) return { ...wire, EntityDetailsList: [], IsTruncated: false }
    const page = readPage(findings.actors, ({ arn }) => arn, asked)
    return {
      ...wire,
      EntityDetailsList: page.items.map(({ id, arn, name, path, type }) => {
        const last = newest(
          findings.uses.filter(use => use.service === asked.ServiceNamespace && use.actorId === id),
        )
        return {
          EntityInfo: { Arn: arn, Name: name, Type: type, Id: id, Path: path },
          ...(last === undefined ? {} : { LastAuthenticated: wireDate(last.atMs) }),
        }
      }),
      ...page.wire,
    }
  },
})

/**
 * @throws {Refusal} entity.missing | entity.invalid
 * @see AWS IAM API reference, ListPoliciesGrantingServiceAccess
 */
export const listPoliciesGrantingServiceAccess = defineAction({
  name: 'ListPoliciesGrantingServiceAccess',
  auth: 'signed',
  input: params({
    Arn: given.arn,
    ServiceNamespaces: list(namespace, { min: 1, max: 200 }),
    Marker: given.marker,
  }),
  permission: (asked, deps: IamDeps) => onEntity('ListPoliciesGrantingServiceAccess', asked.Arn, deps),
  async handle(asked, deps) {
    const { holder, principal } = await findPrincipal(asked.Arn, deps)
    const groups = holder.kind === 'user' ? await deps.users.listGroups(principal.id) : []
    const bearers = [{ holder, principal }, ...groups.map(one => ({ holder: group, principal: one }))]
    const sources = await Promise.all(
      bearers.map(async bearer =>
        (await sourcesOf(bearer.principal, deps)).map(source => ({ bearer, source })),
      ),
    )
    return {
      PoliciesGrantingServiceAccess: asked.ServiceNamespaces.map(service => ({
        ServiceNamespace: service,
        Policies: sources
          .flat()
          .filter(({ source }) => grants(source.document, service))
          .map(({ bearer, source }) => ({
            PolicyName: source.id,
            ...(source.arn === undefined
              ? {
                  PolicyType: 'INLINE',
                  EntityType: bearer.holder.kind.toUpperCase(),
                  EntityName: bearer.principal.name,
                }
              : { PolicyType: 'MANAGED', PolicyArn: source.arn }),
          })),
      })),
      IsTruncated: false,
    }
  },
})

async function requireReport(
  id: string,
  { accessReports, clock }: IamDeps,
): Promise<{ wire: Result; findings?: Findings }> {
  const report = await accessReports.find(id)
  if (report === undefined) {
    throw new Refusal('entity.missing', { said: { message: `Job ${id} cannot be found.` } })
  }
  const { createdAtMs, finishedAtMs } = report
  const created = { JobCreationDate: wireDate(createdAtMs) }
  if (report.findings === undefined || finishedAtMs === undefined) {
    const failed = clock() - createdAtMs > longestJobMs
    return { wire: { JobStatus: failed ? 'FAILED' : 'IN_PROGRESS', ...created } }
  }
  return {
    wire: { JobStatus: 'COMPLETED', ...created, JobCompletionDate: wireDate(finishedAtMs) },
    findings: JSON.parse(report.findings),
  }
}

function wireService(service: string, { uses, actors, granularity }: Findings): Result {
  const ofService = uses.filter(use => use.service === service)
  const last = newest(ofService)
  const arnOf = ({ actorId }: Finding) => actors.find(({ id }) => id === actorId)?.arn
  const names = new Set(ofService.flatMap(({ action }) => action ?? []))
  const tracked = [...names]
    .sort()
    .flatMap(name => newest(ofService.filter(({ action }) => action === name)) ?? [])
  return {
    ServiceName: services[service] ?? service,
    ServiceNamespace: service,
    TotalAuthenticatedEntities: new Set(ofService.map(({ actorId }) => actorId)).size,
    ...(last === undefined
      ? {}
      : {
          LastAuthenticated: wireDate(last.atMs),
          LastAuthenticatedEntity: arnOf(last),
          LastAuthenticatedRegion: last.region,
        }),
    ...(granularity === 'ACTION_LEVEL'
      ? {
          TrackedActionsLastAccessed: tracked.map(use => ({
            ActionName: use.action,
            LastAccessedEntity: arnOf(use),
            LastAccessedTime: wireDate(use.atMs),
            LastAccessedRegion: use.region,
          })),
        }
      : {}),
  }
}

function newest(uses: readonly Finding[]): Finding | undefined {
  return uses.reduce<Finding | undefined>(
    (last, use) => (last && last.atMs >= use.atMs ? last : use),
    undefined,
  )
}

function described({ holder, principal }: Actor, { accountId }: IamDeps): Findings['actors'][number] {
  const { id, name, path } = principal
  const type = holder.kind === 'role' ? 'ROLE' : 'USER'
  return { id, name, path, type, arn: holder.arnOf(accountId, path, name) }
}
