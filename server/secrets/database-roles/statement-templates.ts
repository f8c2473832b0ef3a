import { Refusal } from '../../base/refusal.ts'

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
const known: readonly string[] = ['name', 'password', 'caching_sha2_password', 'expiration']

export function fill(statements: readonly string[], filling: Filling): string[] {
  return statements.map(statement =>
    statement.replace(placeholder, (_, name: string) => filling[name.trim() as keyof Filling]),
  )
}

/** @throws {Refusal} entity.invalid, that names the statement by its place */
export function requireStatements(
  creation: readonly string[],
  renewal: readonly string[],
  revocation: readonly string[],
): void {
  for (const [kind, statements] of Object.entries({ creation, renewal, revocation })) {
    for (const [n, statement] of statements.entries()) {
      const strange = placeholdersIn(statement).find(name => !known.includes(name))
      if (strange === undefined) continue
      throw invalid(`${kind} statement ${n + 1} has {{${strange}}}, expected ${known.join(', ')}`)
    }
  }
  const named = creation.flatMap(placeholdersIn)
  if (!named.includes('name')) throw invalid('The creation statements make no user: {{name}} is missing.')
  if (!named.some(name => name.endsWith('password'))) {
    throw invalid('The creation statements set no password: {{password}} is missing.')
  }
  if (revocation.length > 0 && !revocation.flatMap(placeholdersIn).includes('name')) {
    throw invalid('The revocation statements drop no user: {{name}} is missing.')
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
