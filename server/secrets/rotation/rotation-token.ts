import { createHash, timingSafeEqual } from 'node:crypto'
import { Refusal } from '../../base/refusal.ts'
import type { Secret } from '../../store/secrets.ts'

/** What is kept of the RotationToken of an attempt: enough to know it by. */
export function hashOfRotationToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

/**
 * A value that comes with a RotationToken must be the one that the attempt under way is to make: what is left of an
 * attempt before it, whose time was over, keeps nothing any more.
 *
 * @throws {Refusal} secret.state
 */
export function requireRotationToken(
  { rotation }: Secret,
  versionId: string,
  given: string | undefined,
): void {
  if (given === undefined) return
  const running = rotation?.running
  const expected = Buffer.from(running?.proofHash ?? '')
  const shown = Buffer.from(hashOfRotationToken(given))
  const isSame = shown.length === expected.length && timingSafeEqual(shown, expected)
  if (isSame && running?.token === versionId) return
  const message = 'The RotationToken is not that of a rotation of this secret that is under way.'
  throw new Refusal('secret.state', { said: { message } })
}
