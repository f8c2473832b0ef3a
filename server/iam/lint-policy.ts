import { defineAction } from '../aws/action.ts'
import { oneOf, params, text } from '../aws/params.ts'
import { lint } from '../policy/lint/lint.ts'
import type { PolicyKind } from '../policy/policy.ts'
import type { IamDeps } from './deps.ts'

const kinds = {
  Identity: 'identity',
  Resource: 'resource',
  Trust: 'trust',
  Boundary: 'boundary',
  Session: 'session',
} as const satisfies Record<string, PolicyKind>
type Kind = keyof typeof kinds

const levels = { error: 'Error', security: 'Security', warning: 'Warning', suggestion: 'Suggestion' } as const

/**
 * Everything that is wrong with a policy document, or risky in it, and where. Nothing is written, and nothing that is
 * stored is looked at. Rolecall's own: ValidateResourcePolicy has no member for a level, nor for what can be said better.
 */
export const lintPolicy = defineAction({
  name: 'LintPolicy',
  auth: 'signed',
  input: params({
    PolicyDocument: text({ min: 1, max: 131_072 }),
    PolicyKind: oneOf<Kind>('Identity', 'Resource', 'Trust', 'Boundary', 'Session'),
  }),
  permission: () => ({ action: 'iam:LintPolicy', resource: '*' }),
  async handle({ PolicyDocument, PolicyKind }, { clock }: IamDeps) {
    const findings = lint(PolicyDocument, kinds[PolicyKind], { nowMs: clock() })
    return {
      Findings: findings.map(({ level, code, path, line, column, message, fix }) => ({
        Level: levels[level],
        Code: code,
        Path: path,
        Line: line,
        Column: column,
        Message: message,
        Fix: fix,
      })),
    }
  },
})
