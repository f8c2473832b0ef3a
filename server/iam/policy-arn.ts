import { entityOf, parseArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { ManagedPolicy } from '../store/policies.ts'
import type { IamDeps } from './deps.ts'

/** The path and name that a managed policy's ARN means in this account; undefined when it means none. */
export function entityOfPolicyArn(
  text: string,
  accountId: string,
): { path: string; name: string } | undefined {
  const arn = parseArn(text)
  if (arn === undefined || arn.partition !== 'aws' || arn.accountId !== accountId) return undefined
  return entityOf(arn, 'policy')
}

/** @throws {Refusal} request.invalid (no ARN at all) | entity.missing, in the words of `message` */
export async function requirePolicy(text: string, deps: IamDeps, message: string): Promise<ManagedPolicy> {
  if (parseArn(text) === undefined) {
    throw new Refusal('request.invalid', { said: { message: 'Invalid ARN:  Could not be parsed!' } })
  }
  const named = entityOfPolicyArn(text, deps.accountId)
  const policy = named && (await deps.policies.find(named.name))
  if (policy === undefined || policy.path !== named?.path) {
    throw new Refusal('entity.missing', { said: { message } })
  }
  return policy
}
