import { createHash, randomInt } from 'node:crypto'
import { RotationFailure } from '../rotation/rotator.ts'
import { sha256Crypt } from './sha256-crypt.ts'

/** What a MySQL or MariaDB server keeps of a password, made here, by the plugins that make it so. */
export const mysqlPlugins = ['mysql_native_password', 'caching_sha2_password'] as const
export type MysqlPlugin = (typeof mysqlPlugins)[number]

/** @see MariaDB, "Authentication Plugin - mysql_native_password" */
export function nativeHash(password: string): string {
  const sha1 = (bytes: Buffer | string) => createHash('sha1').update(bytes).digest()
  return `*${sha1(sha1(password)).toString('hex').toUpperCase()}`
}

/** In thousands, in hexadecimal: what a server makes by itself. */
const thousands = 5

/** In bytes. The time that the hash takes grows with the square of the length. */
const longestPassword = 256

/**
 * @param salt 20 bytes
 * @throws {RotationFailure} for a password that MySQL would not take either
 * @see MySQL Internals, "SHA-2 Pluggable Authentication": `$A$`, the rounds, the salt and SHA-256 crypt
 */
export function cachingSha2Hash(password: string, salt: Buffer = randomSalt()): Buffer {
  if (Buffer.byteLength(password) > longestPassword) {
    throw new RotationFailure(`the password is longer than the ${longestPassword} bytes that MySQL takes`)
  }
  const digest = sha256Crypt(Buffer.from(password), salt, thousands * 1000)
  const rounds = thousands.toString(16).toUpperCase().padStart(3, '0')
  return Buffer.concat([Buffer.from(`$A$${rounds}$`), salt, Buffer.from(digest)])
}

/** Of seven bits, and without what ends a text or a field. */
function randomSalt(): Buffer {
  const bytes = Array.from({ length: 20 }, () => {
    const byte = randomInt(1, 127)
    return byte === 0x24 ? 0x25 : byte
  })
  return Buffer.from(bytes)
}
