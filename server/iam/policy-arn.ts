import { parseArn, readPolicyArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { ManagedPolicy } from '../store/policies.ts'
import type { IamDeps } from './deps.ts'

/** The policy that an ARN names, if there is one. */
export async function findPolicy(
  text: string,
  { policies, accountId }: Pick<IamDeps, 'policies' | 'accountId'>,
): Promise<ManagedPolicy | undefined> {
  const named = readPolicyArn(text, accountId)
  const policy = named && (await policies.find(named.name, named.shipped))
  return policy?.path === named?.path ? policy : undefined
}

/** @throws {Refusal} request.invalid (no ARN at all) | entity.missing, in the words of `message` */
export async function requirePolicy(text: string, deps: IamDeps, message: string): Promise<ManagedPolicy> {
  if (parseArn(text) === undefined) {
    throw new Refusal('request.invalid', { said: { message: 'Invalid ARN:  Could not be parsed!' } })
  }
  const policy = await findPolicy(text, deps)
  if (policy === undefined) throw new Refusal('entity.missing', { said: { message } })
  return policy
}

/**
 * The same, to be changed: what ships with the service is nobody's to change.
 * @throws {Refusal} request.invalid | entity.missing | entity.invalid
 */
export async function requireOwnPolicy(text: string, deps: IamDeps, message: string): Promise<ManagedPolicy> {
  const policy = await requirePolicy(text, deps, message)
  if (policy.shipped) {
    throw new Refusal('entity.invalid', {
      said: { message: 'Policies that ship with the service can not be changed.' },
    })
  }
  return policy
}
