import type { Result } from '../aws/action.ts'
import { Refusal } from '../base/refusal.ts'
import type { Actor, Finding } from './access-findings.ts'
import type { IamDeps } from './deps.ts'
import { services } from './granted-services.ts'
import { wireDate } from './shapes.ts'

/** As it is kept: who could act, what they may reach, and what they did. */
export type Findings = {
  granularity: string
  granted: string[]
  actors: { id: string; arn: string; name: string; path: string; type: 'USER' | 'ROLE' }[]
  uses: Finding[]
}

/** A job that nobody has finished in this time has died with its node. */
const longestJobMs = 10 * 60_000

/** @throws {Refusal} entity.missing */
export async function requireReport(
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

export function wireService(service: string, { uses, actors, granularity }: Findings): Result {
  const ofService = uses.filter(use => use.service === service)
  const last = newestOf(ofService)
  const arnOf = ({ actorId }: Finding) => actors.find(({ id }) => id === actorId)?.arn
  const names = new Set(ofService.flatMap(({ action }) => action ?? []))
  const tracked = [...names]
    .sort()
    .flatMap(name => newestOf(ofService.filter(({ action }) => action === name)) ?? [])
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

export function newestOf(uses: readonly Finding[]): Finding | undefined {
  return uses.reduce<Finding | undefined>(
    (last, use) => (last && last.atMs >= use.atMs ? last : use),
    undefined,
  )
}

export function describeActor(
  { holder, principal }: Actor,
  { accountId }: IamDeps,
): Findings['actors'][number] {
  const { id, name, path } = principal
  const type = holder.kind === 'role' ? 'ROLE' : 'USER'
  return { id, name, path, type, arn: holder.arnOf(accountId, path, name) }
}
