import type { Statement } from './language/statement.ts'
import type { StatementIndex } from './match/statement-index.ts'

/**
 * What a document is attached to. `identity`: says what its bearer may do. `boundary` and `session`: narrow
 * what their bearer may do. `resource`: says who may do what with the resource. `trust`: who may take a role.
 */
export const policyKinds = ['identity', 'resource', 'trust', 'boundary', 'session'] as const
export type PolicyKind = (typeof policyKinds)[number]

/** Whether documents of this kind name principals. */
export function namesPrincipals(kind: PolicyKind): boolean {
  return kind === 'resource' || kind === 'trust'
}

/** A policy document, compiled. */
export type Policy = {
  kind: PolicyKind
  version: '2012-10-17' | '2008-10-17'
  id?: string
  statements: readonly Statement[]
  allowing: StatementIndex
  denying: StatementIndex
}
