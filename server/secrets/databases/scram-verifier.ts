import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

/** What PostgreSQL itself takes, and pgbouncer and drivers with it. */
const iterations = 4096

/**
 * What PostgreSQL keeps of a password, made here: a statement that held the password itself would be written into the
 * server's log, and into pg_stat_statements.
 *
 * @see RFC 5802, section 3; RFC 7677; PostgreSQL, "pg_authid"
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(saslPrepared(password), salt, iterations, 32, 'sha256')
  const keyOf = (label: string) => createHmac('sha256', salted).update(label).digest()
  const storedKey = createHash('sha256').update(keyOf('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${keyOf('Server Key').toString('base64')}`
}

/** RFC 3454, C.1.2 */
const otherSpaces = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g
/** RFC 3454, B.1 */
const toNothing = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g
/** RFC 3454, C.2.1, C.2.2, C.3 to C.9, as RFC 4013, section 2.3, names them; and A.1, what Unicode 3.2 did not know yet. */
const prohibited =
  /\u0340|\u0341|[\p{Cc}\p{Co}\p{Cs}\p{Cn}\u06dd\u070f\u180e\u200e\u200f\u2028-\u202e\u2061-\u2063\u206a-\u206f\u2ff0-\u2ffb\ufff9-\uffff\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u

/**
 * SASLprep (RFC 4013). A password that it does not allow stays as it is, as PostgreSQL and its clients have it, so that
 * both sides come to the same.
 */
export function saslPrepared(password: string): string {
  const prepared = password.replace(otherSpaces, ' ').replace(toNothing, '').normalize('NFKC')
  return prepared === '' || prohibited.test(prepared) || isMixedDirection(prepared) ? password : prepared
}

const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u

/** RFC 3454, section 6: text from right to left holds no letters from left to right, and begins and ends with its own. */
function isMixedDirection(text: string): boolean {
  if (!rightToLeft.test(text)) return false
  const [first = '', last = ''] = [[...text][0], [...text].at(-1)]
  const leftToRight = [...text].some(letter => /\p{L}/u.test(letter) && !rightToLeft.test(letter))
  return leftToRight || !rightToLeft.test(first) || !rightToLeft.test(last)
}
