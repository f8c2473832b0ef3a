import assert from 'node:assert/strict'
import type { Code } from '../../../server/policy/lint/all-checks.ts'
import { type Finding, lint } from '../../../server/policy/lint/lint.ts'
import type { LintOptions } from '../../../server/policy/lint/view/policy-view.ts'
import type { PolicyKind } from '../../../server/policy/policy.ts'

/** A document of the later version, of one statement or of several. */
export function documentOf(statement: object | readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statement })
}

/** What is found of one code, where. */
export function find(
  code: Code,
  kind: PolicyKind,
  statement: object | readonly object[],
  options?: LintOptions,
): Finding[] {
  return lint(documentOf(statement), kind, options).filter(finding => finding.code === code)
}

export function pathsOf(findings: readonly Finding[]): string[] {
  return findings.map(({ path }) => path)
}

/** An Allow of something harmless, but for what is given. */
export function allow(over: object): object {
  return { Effect: 'Allow', Action: 'notes:Read', Resource: '*', ...over }
}

/** A statement of a trust policy that lets a web identity in. */
export function trusting(federated: string, condition: object = {}): object {
  return {
    Effect: 'Allow',
    Principal: { Federated: federated },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: condition,
  }
}

/** A story, and whether its statement is found; or which name it is asked to have meant. */
export type Row = readonly [story: string, code: Code, statement: object, found: boolean | string]

export function requireFound(kind: PolicyKind, [, code, statement, found]: Row): void {
  const [finding] = find(code, kind, statement)
  if (typeof found === 'boolean') assert.equal(finding !== undefined, found, finding?.message)
  else assert.ok(finding?.message.includes(`Did you mean ${found}?`), finding?.message)
}

export type ConditionRow = readonly [
  story: string,
  code: Code,
  conditions: Record<string, Record<string, unknown>>,
  found: boolean,
]

/** The same for the conditions of a statement, at the beginning of 2026. */
export function requireFoundIn(
  [, code, conditions, found]: ConditionRow,
  effect = 'Allow',
  kind: PolicyKind = 'identity',
): void {
  const statement = {
    ...allow({ Principal: { AWS: '123456789012' }, Condition: conditions }),
    Effect: effect,
  }
  const nowMs = Date.parse('2026-01-01T00:00:00Z')
  assert.equal(find(code, kind, statement, { nowMs }).length > 0, found)
}
