import { parseStrictObject } from '../base/strict-json.ts'
import { malformed } from './language/malformed.ts'
import { parseStatement } from './language/parse-statement.ts'
import type { Statement } from './language/statement.ts'
import { SharedParts } from './match/shared-parts.ts'
import { StatementIndex } from './match/statement-index.ts'
import type { Policy, PolicyKind } from './policy.ts'

const elements = ['Version', 'Id', 'Statement']

/**
 * Parses and compiles a policy document.
 *
 * @throws {Refusal} policy.malformed, saying in `message` what is wrong and where
 * @see AWS IAM User Guide, "Grammar of the IAM JSON policy language"
 */
export function parsePolicy(text: string, kind: PolicyKind): Policy {
  const document = readObject(text)
  const unknown = Object.keys(document).find(name => !elements.includes(name))
  if (unknown !== undefined) throw malformed(`${unknown} is not an element of a policy`)
  const { Version: version = '2008-10-17', Id: id, Statement: given } = document
  if (version !== '2012-10-17' && version !== '2008-10-17') {
    throw malformed('Version must be "2012-10-17" or "2008-10-17"')
  }
  if (id !== undefined && typeof id !== 'string') throw malformed('Id must be a string')
  const list = Array.isArray(given) ? given : [given]
  if (given === undefined || list.length === 0) throw malformed('A policy must have at least one Statement')
  // Variables came with the later version: in the earlier one `${...}` is text.
  const common = {
    kind,
    variables: version === '2012-10-17',
    actions: new Map(),
    conditions: new Map(),
    blocks: new Map(),
    shared: new SharedParts(),
  }
  const statements = list.map((one, index) => parseStatement(one, index, common))
  requireUniqueSids(statements)
  return {
    kind,
    version,
    ...(id === undefined ? {} : { id }),
    statements,
    allowing: new StatementIndex(statements.filter(({ effect }) => effect === 'Allow')),
    denying: new StatementIndex(statements.filter(({ effect }) => effect === 'Deny')),
  }
}

function readObject(text: string): Record<string, unknown> {
  try {
    return parseStrictObject(text)
  } catch {
    throw malformed('This policy contains invalid Json')
  }
}

function requireUniqueSids(statements: readonly Statement[]): void {
  const seen = new Set<string>()
  for (const { sid } of statements) {
    if (sid === undefined) continue
    if (seen.has(sid)) throw malformed(`Statement IDs (SID) in a single policy must be unique: ${sid}`)
    seen.add(sid)
  }
}
