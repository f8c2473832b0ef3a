import { Refusal } from '../../base/refusal.ts'
import { RotationFailure } from '../rotation/rotator.ts'

/**
 * What statements may hold in double braces. All that they become is made here, of letters that end no quotation, so that
 * a statement may quote them or not, as its language wants it.
 */
export type Filling = {
  /** The user's name: small letters, digits and underscores. */
  name: string
  /** What stands for the password: PostgreSQL's verifier, or the hash of mysql_native_password. Never the password. */
  password: string
  /** MySQL's own, as a number in hexadecimal. */
  caching_sha2_password: string
  /** `2026-01-02 03:04:05+00` */
  expiration: string
}

/** Blanks are taken off afterwards: two parts that may both be blanks would be tried in every way that they divide. */
const placeholder = /\{\{([^{}]*)\}\}/g
const ofChange = ['name', 'expiration'] as const
const ofCreation = [...ofChange, 'password', 'caching_sha2_password'] as const

/** Who is changed or dropped has a password that nobody knows any more. */
export type FillingOfChange = Pick<Filling, (typeof ofChange)[number]>

/** @throws {RotationFailure} for a placeholder that nothing is filled into */
export function fill(statements: readonly string[], filling: Filling | FillingOfChange): string[] {
  const values = new Map(Object.entries(filling))
  return statements.map(statement =>
    statement.replace(placeholder, (_, name: string) => {
      const value = values.get(name.trim())
      if (value !== undefined) return value
      throw new RotationFailure('a statement has a placeholder that nothing is filled into')
    }),
  )
}

/** @throws {Refusal} entity.invalid, that names the statement by its place */
export function requireStatements(
  creation: readonly string[],
  renewal: readonly string[],
  revocation: readonly string[],
): void {
  requireKnown('creation', creation, ofCreation)
  requireKnown('renewal', renewal, ofChange)
  requireKnown('revocation', revocation, ofChange)
  const named = creation.flatMap(placeholdersIn)
  if (!named.includes('name')) throw invalid('The creation statements make no user: {{name}} is missing.')
  if (!named.some(name => name.endsWith('password'))) {
    throw invalid('The creation statements set no password: {{password}} is missing.')
  }
  if (revocation.length > 0 && !revocation.flatMap(placeholdersIn).includes('name')) {
    throw invalid('The revocation statements drop no user: {{name}} is missing.')
  }
}

function requireKnown(kind: string, statements: readonly string[], known: readonly string[]): void {
  for (const [n, statement] of statements.entries()) {
    const strange = placeholdersIn(statement).find(name => !known.includes(name))
    if (strange === undefined) continue
    throw invalid(`${kind} statement ${n + 1} has {{${strange}}}, expected ${known.join(', ')}`)
  }
}

function placeholdersIn(statement: string): string[] {
  return [...statement.matchAll(placeholder)].map(([, name = '']) => name.trim())
}

/** In both languages, to the second. */
export function writeExpiration(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}+00`
}

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}
