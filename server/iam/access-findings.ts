import { region } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { Principal } from '../store/principals.ts'
import type { IamDeps } from './deps.ts'
import type { Holder } from './holders.ts'

/** An entity that may act: a user or a role. */
export type Actor = { holder: Holder; principal: Principal }

/** When somebody last did something of a service. */
export type Finding = {
  service: string
  /** Absent where only that the service was used is known. */
  action?: string
  actorId: string
  atMs: number
  region: string
}

/** As long as AWS looks back. @see AWS IAM User Guide, "Refine permissions using last accessed information" */
const trackedMs = 400 * 86_400_000

const mostInLine = 20
let inLine = 0
let last: Promise<unknown> = Promise.resolve()

/**
 * What these actors last did, out of the audit log (changes, credentials and refusals) and the last uses of roles and
 * access keys (everything). An attempt that was refused counts, as it does at AWS.
 *
 * The log is read for one at a time: many who ask at once must not keep everybody else waiting.
 *
 * @throws {Refusal} request.throttled
 */
export function findUses(actors: readonly Actor[], deps: IamDeps): Promise<Finding[]> {
  if (inLine >= mostInLine) throw new Refusal('request.throttled')
  inLine++
  const found = last.then(() => scan(actors, deps))
  last = found.catch(() => undefined).finally(() => inLine--)
  return found
}

async function scan(actors: readonly Actor[], deps: IamDeps): Promise<Finding[]> {
  const latest = new Map<string, Finding>()
  const note = (finding: Finding) => {
    const key = `${finding.actorId} ${finding.service} ${finding.action ?? ''}`
    if ((latest.get(key)?.atMs ?? 0) < finding.atMs) latest.set(key, finding)
  }
  const byArn = new Map(actors.map(actor => [callerArnOf(actor, deps.accountId), actor.principal]))
  const fromMs = deps.clock() - trackedMs
  let before: number | undefined
  do {
    const page = await deps.reader.lastUses({ fromMs, ...(before === undefined ? {} : { before }) })
    for (const { callerArn, event, source, atMs } of page.uses) {
      const actor = byArn.get(withoutSession(callerArn))
      // A name that was given anew means somebody else: what was done before is not theirs.
      if (actor === undefined || atMs < actor.createdAtMs) continue
      const [service = ''] = source.split('.')
      note({ service, action: event, actorId: actor.id, atMs, region })
    }
    before = page.next
  } while (before !== undefined)
  for (const actor of actors) {
    for (const use of await usesOf(actor, deps)) note({ ...use, actorId: actor.principal.id })
  }
  return [...latest.values()]
}

/** What callers with this entity's permissions are called in the audit log, without the session's name. */
function callerArnOf({ holder, principal }: Actor, accountId: string): string {
  if (holder.kind === 'role') return `arn:aws:sts::${accountId}:assumed-role/${principal.name}`
  return holder.arnOf(accountId, principal.path, principal.name)
}

function withoutSession(arn: string): string {
  return arn.includes(':assumed-role/') ? arn.slice(0, arn.lastIndexOf('/')) : arn
}

async function usesOf({ holder, principal }: Actor, { accessKeys, lastUsed }: IamDeps) {
  const keys = holder.kind === 'user' ? await accessKeys.list(principal.id) : []
  const ids = holder.kind === 'role' ? [principal.id] : keys.map(({ id }) => id)
  const uses = await Promise.all(ids.map(id => lastUsed.find(id)))
  return uses.filter(use => use !== undefined)
}
