import type { Permission } from '../authorization/authorize.ts'
import type { AuthorizedCall } from '../aws/action.ts'
import { region, secretArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { ConditionContext } from '../base/request-facts.ts'
import { parsePolicy } from '../policy/parse-policy.ts'
import { findStoredPolicy } from '../policy/stored-policy.ts'
import type { Secret } from '../store/secrets.ts'
import type { SecretsDeps } from './deps.ts'

type Finding = Pick<SecretsDeps, 'secrets' | 'accountId'>

/** By its whole ARN, by its ARN without the six characters at the end, or by its name. */
export async function findSecret(
  given: string,
  { secrets, accountId }: Finding,
): Promise<Secret | undefined> {
  if (!given.startsWith('arn:')) return secrets.findByName(given)
  const id = idIn(given, accountId)
  if (id === undefined) return undefined
  const whole = await secrets.find(id)
  // A name that itself ends so would be taken for the whole ARN of another.
  return whole ?? (/-[A-Za-z0-9]{6}$/.test(id) ? undefined : secrets.findByName(id))
}

/** One spelling: an ARN of another partition or region would be a second name that no policy on the first one meets. */
function idIn(arn: string, accountId: string): string | undefined {
  const start = secretArn(accountId, '')
  return arn.startsWith(start) && arn.length > start.length ? arn.slice(start.length) : undefined
}

type Authorized = Pick<AuthorizedCall, 'resource'>

/**
 * The secret that was authorized, and no other: what was given as a name could mean one by now that came after the
 * permission was asked for, and whose policy or tags denied it.
 *
 * @throws {Refusal} entity.missing | secret.state when it is marked for deletion
 */
export async function requireSecret(authorized: Authorized, deps: Finding): Promise<Secret> {
  const secret = await requireAnySecret(authorized, deps)
  requireUndeleted(secret)
  return secret
}

/** Also one that is marked for deletion. @throws {Refusal} entity.missing */
export async function requireAnySecret(authorized: Authorized, deps: Finding): Promise<Secret> {
  const secret = await findAuthorized(authorized, deps)
  if (secret === undefined) throw new Refusal('entity.missing')
  return secret
}

/** Undefined too for one that was not there when its permission was asked for: that was asked on what was given. */
export async function findAuthorized(
  { resource }: Authorized,
  { secrets, accountId }: Finding,
): Promise<Secret | undefined> {
  const id = idIn(resource, accountId)
  return id === undefined ? undefined : secrets.find(id)
}

/** @throws {Refusal} secret.state */
export function requireUndeleted({ deletedAtMs }: Pick<Secret, 'deletedAtMs'>): void {
  if (deletedAtMs !== undefined) throw new Refusal('secret.state')
}

/**
 * A permission on a secret that may or may not be there, under the policy that it has itself.
 *
 * @see AWS Service Authorization Reference, "Actions, resources, and condition keys for AWS Secrets Manager"
 */
export async function onSecret(
  action: string,
  given: string,
  deps: Finding,
  more?: ConditionContext,
): Promise<Permission> {
  const secret = await findSecret(given, deps)
  if (secret === undefined) {
    const context = new Map([...(more ?? []), ['secretsmanager:secretid', [given]] as const])
    return { action: `secretsmanager:${action}`, resource: given, context }
  }
  const arn = secretArn(deps.accountId, secret.id)
  const context: ConditionContext = new Map(more)
  // Its ARN, however it was asked for: by name, a deny of the ARN would be passed by.
  context.set('secretsmanager:secretid', [arn])
  context.set('secretsmanager:secretprimaryregion', [region])
  for (const [key, value] of Object.entries(secret.tags)) {
    context.set(`aws:resourcetag/${key.toLowerCase()}`, [value])
    context.set(`secretsmanager:resourcetag/${key.toLowerCase()}`, [value])
  }
  const rotator = secret.rotation?.lambdaArn
  if (rotator !== undefined) context.set('secretsmanager:resource/allowrotationlambdaarn', [rotator])
  return {
    action: `secretsmanager:${action}`,
    resource: arn,
    named: given,
    context,
    ...(secret.policy === undefined
      ? {}
      : {
          resourcePolicy: findStoredPolicy(secret.policy.document, 'resource') ?? denyAll,
          meantIds: secret.policy.meantIds,
        }),
  }
}

/** In the place of one that no longer parses: it may have held a Deny. */
const denyAll = parsePolicy(
  '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}',
  'resource',
)

export function anywhere(action: string, context?: ConditionContext): Permission {
  return { action: `secretsmanager:${action}`, resource: '*', ...(context === undefined ? {} : { context }) }
}

/** Condition keys of parameters, where they are given. */
export function parametersContext(given: Readonly<Record<string, unknown>>): ConditionContext {
  const context: ConditionContext = new Map()
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    const values = Array.isArray(value) ? value.map(String) : [String(value)]
    context.set(`secretsmanager:${name.toLowerCase()}`, values)
  }
  return context
}
