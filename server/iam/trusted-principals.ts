import { entityOf, parseArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import { parsePolicy } from '../policy/parse-policy.ts'
import type { IamDeps } from './deps.ts'
import { type Holder, role, user } from './holders.ts'

type Deps = Pick<IamDeps, 'accountId' | 'roles' | 'users' | 'groups'>

/**
 * Whom a trust policy, or another resource's, names, by ARN, and whose ids they are today. A policy keeps meaning them:
 * whoever gets a name anew after they are gone must not get what they were trusted with.
 *
 * @param document a sound policy of that kind
 * @throws {Refusal} policy.malformed when a user or role of this account is named that is not there
 * @see AWS IAM User Guide, "AWS JSON policy elements: Principal", on deleted principals
 */
export async function readTrustedIds(
  document: string,
  deps: Deps,
  kind: 'trust' | 'resource' = 'trust',
): Promise<Record<string, string>> {
  const ids: Record<string, string> = {}
  for (const { principal } of parsePolicy(document, kind).statements) {
    const { element } = principal ?? {}
    const names = element === undefined || element === '*' ? [] : (element.AWS ?? [])
    for (const name of names) {
      const id = await findId(name, deps)
      if (id !== undefined) ids[name] = id
    }
  }
  return ids
}

async function findId(text: string, deps: Deps): Promise<string | undefined> {
  const arn = parseArn(text)
  if (arn === undefined || arn.accountId !== deps.accountId) return undefined
  const [, sessionOf] = /^assumed-role\/([^/]+)\/./.exec(arn.service === 'sts' ? arn.resource : '') ?? []
  // A session's name is whatever its caller likes: the role behind it is what was trusted.
  if (sessionOf !== undefined) return (await role.find(sessionOf, deps))?.id
  const holders: Holder[] = [user, role]
  for (const holder of holders) {
    const named = entityOf(arn, holder.kind)
    if (named === undefined) continue
    const found = await holder.find(named.name, deps)
    if (found?.path === named.path) return found.id
    const message = `Invalid principal in policy: "AWS":"${text}"`
    throw new Refusal('policy.malformed', { said: { message } })
  }
  return undefined
}
