import type { Policy } from '../policy/policy.ts'
import { findStoredPolicy } from '../policy/stored-policy.ts'

/** The services that speak here, by the prefix of their actions. */
export const services: Readonly<Record<string, string>> = {
  cloudtrail: 'AWS CloudTrail',
  'cognito-identity': 'Amazon Cognito Identity',
  iam: 'AWS Identity and Access Management',
  secretsmanager: 'AWS Secrets Manager',
  sts: 'AWS Security Token Service',
}

/** Whether some statement of the document allows some action of the service, whatever else takes it away again. */
export function grants(document: string, service: string): boolean {
  return findStoredPolicy(document, 'identity')?.statements.some(one => allows(one, service)) === true
}

type Statement = Policy['statements'][number]

function allows({ effect, actions }: Statement, service: string): boolean {
  if (effect !== 'Allow') return false
  if (actions.negated) {
    return !actions.written.some(pattern => pattern === '*' || pattern.toLowerCase() === `${service}:*`)
  }
  // A policy's actions name their service in full, or are `*`.
  return actions.written.some(pattern => pattern === '*' || pattern.toLowerCase().startsWith(`${service}:`))
}
