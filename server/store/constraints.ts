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

/**
 * Runs a delete; a row that others still refer to becomes `entity.inUse`. The caller has looked before and said
 * which they are: this is for what came in between.
 *
 * @throws {Refusal} entity.inUse
 */
export async function deleteFree(remove: () => Promise<unknown>): Promise<void> {
  try {
    await remove()
  } catch (error) {
    if (isOneOf(referenceViolations, error)) throw new Refusal('entity.inUse')
    throw error
  }
}

/**
 * Runs an insert that refers to other rows; where one of those is gone meanwhile it becomes `entity.missing`.
 *
 * @throws {Refusal} entity.missing
 */
export async function insertReferring<T>(insert: () => Promise<T>): Promise<T> {
  try {
    return await insert()
  } catch (error) {
    if (isOneOf(referenceViolations, error)) throw new Refusal('entity.missing')
    throw error
  }
}

/** Whether a row was there already. */
export function isUniqueViolation(error: unknown): boolean {
  return isOneOf(uniqueViolations, error)
}

/** SQLITE_CONSTRAINT_PRIMARYKEY and _UNIQUE (https://sqlite.org/rescode.html), SQLSTATE unique_violation. */
const uniqueViolations: readonly unknown[] = [1555, 2067, '23505']
/** SQLITE_CONSTRAINT_FOREIGNKEY, SQLSTATE foreign_key_violation and, since version 18, restrict_violation. */
const referenceViolations: readonly unknown[] = [787, '23503', '23001']

function isOneOf(violations: readonly unknown[], error: unknown): boolean {
  const { errcode, code } = Object(error)
  return violations.includes(errcode) || violations.includes(code)
}
