import { Refusal } from '../base/refusal.ts'

/**
 * Runs an insert; a row that is already there becomes `entity.exists`.
 *
 * @throws {Refusal} entity.exists, saying `kind` and `name`
 */
export async function insertUnique(
  kind: string,
  name: string,
  insert: () => Promise<unknown>,
): Promise<void> {
  try {
    await insert()
  } catch (error) {
    if (isUniqueViolation(error)) throw new Refusal('entity.exists', { said: { kind, name } })
    throw error
  }
}

/** SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_UNIQUE: https://sqlite.org/rescode.html */
const uniqueViolations: readonly unknown[] = [1555, 2067]

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && uniqueViolations.includes(error.errcode)
}
