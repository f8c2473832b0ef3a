import { type Condition, readOperator } from '../../language/condition.ts'
import { compileArnPattern } from '../../match/arn-pattern.ts'
import { compilePattern, type Pattern } from '../../match/pattern.ts'
import type { Piece } from '../../match/segment.ts'
import type { Policy } from '../../policy.ts'

/** What the values of a key are taken for by an operator. */
export type Family = 'text' | 'number' | 'date' | 'address' | 'bytes' | 'presence'

/** A condition, with what it takes to find the values that it tells apart. */
export type Line = {
  condition: Condition
  family: Family
  /** Those that it compares text with; empty for another family. */
  patterns: readonly Pattern[]
  caseless: boolean
  /** The keys that its variables stand for, in lower case. */
  variables: readonly string[]
}

const known = new WeakMap<Condition, Line>()

export function linesOf(
  conditions: readonly Condition[],
  { version }: Pick<Policy, 'version'>,
): readonly Line[] {
  return conditions.map(condition => {
    const line = known.get(condition) ?? lineOf(condition, version === '2012-10-17')
    known.set(condition, line)
    return line
  })
}

function lineOf(condition: Condition, variables: boolean): Line {
  const { name } = readOperator(condition.operator)
  const family = familyOf(name)
  const compile = (value: string): Pattern => {
    if (name.startsWith('Arn')) return compileArnPattern(value, variables)
    return compilePattern(value, {
      wildcards: /^String.*Like$/.test(name),
      variables: variables && name.startsWith('String'),
    })
  }
  const patterns = family === 'text' ? condition.values.map(compile) : []
  return {
    condition,
    family,
    patterns,
    caseless: name === 'Bool' || name.endsWith('IgnoreCase'),
    variables: variableKeys(patterns),
  }
}

function familyOf(operator: string): Family {
  if (operator.startsWith('Numeric')) return 'number'
  if (operator.startsWith('Date')) return 'date'
  if (operator.endsWith('IpAddress')) return 'address'
  if (operator.startsWith('Binary')) return 'bytes'
  return operator === 'Null' ? 'presence' : 'text'
}

/** The keys that variables in these patterns stand for. */
export function variableKeys(patterns: readonly Pattern[]): string[] {
  const pieces: Piece[] = patterns.flatMap(({ pieces = [] }) => pieces)
  return [...new Set(pieces.flatMap(piece => (typeof piece === 'object' && 'key' in piece ? piece.key : [])))]
}
