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

/** SQLITE_CONSTRAINT_PRIMARYKEY and _UNIQUE (https://sqlite.org/rescode.html), SQLSTATE unique_violation. */
const uniqueViolations: readonly unknown[] = [1555, 2067, '23505']

function isUniqueViolation(error: unknown): boolean {
  const { errcode, code } = Object(error)
  return uniqueViolations.includes(errcode) || uniqueViolations.includes(code)
}
