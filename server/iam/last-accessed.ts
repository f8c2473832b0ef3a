import { randomUUID } from 'node:crypto'
import { defineAction } from '../aws/action.ts'
import { list, oneOf, optional, params, text } from '../aws/params.ts'
import { findUses } from './access-findings.ts'
import { describeActor, type Findings, newestOf, requireReport, wireService } from './access-report.ts'
import type { IamDeps } from './deps.ts'
import { onEntity, reachOf } from './entity-reach.ts'
import { grants, services } from './granted-services.ts'
import { group } from './holders.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { wireDate } from './shapes.ts'
import { findPrincipal, sourcesOf } from './simulated-principal.ts'

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
              .map(actor => describeActor(actor, deps))
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
        const last = newestOf(
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
