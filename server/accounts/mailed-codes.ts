import { randomBytes } from 'node:crypto'
import { Refusal } from '../base/refusal.ts'
import { hashCode, isSame, newCode } from './code-text.ts'
import type { AccountDeps } from './deps.ts'

export type CodePurpose = 'register' | 'reset' | 'email'

type CodeDeps = Pick<AccountDeps, 'accountCodes' | 'attempt' | 'clock'>

export const codeMinutes = 15
/**
 * Ten characters are 50 bits. Strangers get at most 600 wrong tries a minute through (`identity/password-tries.ts`),
 * 3e8 a year: against 1e15 codes nobody hits one, whereas of eight digits they would hit three. So the number of
 * tries for one code bounds nuisance, not security, and a fast hash keeps it, since within its quarter of an hour
 * nobody searches 2^50.
 */
const codeCharacters = 10
const mostTries = 5

/**
 * Makes a code, good once, for one purpose and for the browser that asked. Whoever asked is told `id` alone; the code
 * goes out by mail.
 *
 * @param browser a value that only that browser holds: else somebody could begin a registration with a password of
 *   theirs, and have the address's owner finish it
 */
export async function issueCode(
  { accountCodes, clock }: Pick<CodeDeps, 'accountCodes' | 'clock'>,
  purpose: CodePurpose,
  { browser, subject, data }: { browser: string; subject?: string | undefined; data: object },
): Promise<{ id: string; code: string }> {
  const [id, code] = [randomBytes(16).toString('base64url'), newCode(codeCharacters, 5)]
  await accountCodes.add(
    {
      id,
      purpose,
      codeHash: hashCode(`${purpose} ${id} ${browser}`, code),
      ...(subject === undefined ? {} : { subject }),
      data: JSON.stringify(data),
    },
    { tries: mostTries, expiresAtMs: clock() + codeMinutes * 60_000 },
  )
  return { id, code }
}

export type TypedCode = { id: string; code: string; browser: string }

/**
 * Takes a code that was typed back; then it is gone.
 *
 * @param check what else must hold: while it throws, the code stays
 * @throws {Refusal} password.refused for one that is wrong, used, over, of another browser or of nobody | request.throttled
 */
export async function redeemCode<Data>(
  { accountCodes, attempt, clock }: CodeDeps,
  purpose: CodePurpose,
  { id, code, browser }: TypedCode,
  sourceIp: string,
  check: (data: Data) => void = () => undefined,
): Promise<{ subject?: string; data: Data }> {
  return attempt({ name: `code ${id}`, sourceIp }, async () => {
    const kept = await accountCodes.try(id, purpose, clock())
    const isRight = isSame(kept?.codeHash ?? '', hashCode(`${purpose} ${id} ${browser}`, code))
    if (kept === undefined || !isRight) throw refused('a wrong code')
    const data: Data = JSON.parse(kept.data)
    check(data)
    if (!(await accountCodes.take(id))) throw refused('a code that was used at the same time')
    return { data, ...(kept.subject === undefined ? {} : { subject: kept.subject }) }
  })
}

function refused(detail: string): Refusal {
  return new Refusal('password.refused', { detail })
}
