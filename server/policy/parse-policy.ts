import { Refusal } from '../base/refusal.ts'
import { parseStrictObject } from '../base/strict-json.ts'
import { parseStatement, type Statement } from './statement.ts'

/**
 * `identity`: says what its bearer may do. `trust`: who may assume a role. `session`: narrows a session.
 */
export type PolicyKind = 'identity' | 'trust' | 'session'

/** A policy document, compiled. */
export type Policy = {
  version: '2012-10-17' | '2008-10-17'
  id?: string
  statements: readonly Statement[]
}

/**
 * Parses and compiles a policy document.
 *
 * @throws {Refusal} policy.malformed, saying in `message` what is wrong and where
 * @see AWS IAM User Guide, "Grammar of the IAM JSON policy language"
 */
export function parsePolicy(text: string, kind: PolicyKind): Policy {
  const document = readObject(text)
  for (const name in document) {
    if (!['Version', 'Id', 'Statement'].includes(name))
      throw malformed(`${name} is not an element of a policy`)
  }
  const { Version: version = '2008-10-17', Id: id, Statement: given } = document
  if (version !== '2012-10-17' && version !== '2008-10-17') {
    throw malformed('Version must be "2012-10-17" or "2008-10-17"')
  }
  if (id !== undefined && typeof id !== 'string') throw malformed('Id must be a string')
  const list = Array.isArray(given) ? given : [given]
  if (given === undefined || list.length === 0) throw malformed('A policy must have at least one Statement')
  const statements = list.map((one, index) => parseStatement(one, index, kind, version === '2012-10-17'))
  requireUniqueSids(statements)
  return { version, ...(id === undefined ? {} : { id }), statements }
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

function malformed(message: string): Refusal {
  return new Refusal('policy.malformed', { said: { message } })
}
