import { createHash } from 'node:crypto'

const letters = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * The digest of a password as crypt(3) makes it with SHA-256, without its prefix.
 *
 * @param salt as it is: crypt(3) takes 16 bytes of it, MySQL 20
 * @see Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512", whose steps the comments number
 */
export function sha256Crypt(password: Buffer, salt: Buffer, rounds: number): string {
  // 4 to 8
  const b = sha256(password, salt, password)
  // 1 to 3 and 9 to 12
  const a = createHash('sha256').update(password).update(salt).update(repeated(b, password.length))
  for (let n = password.length; n > 0; n >>= 1) a.update(n & 1 ? b : password)
  let digest: Buffer = a.digest()
  // 13 to 16, 17 to 20
  const p = repeated(sha256(...Array<Buffer>(password.length).fill(password)), password.length)
  const s = repeated(sha256(...Array<Buffer>(16 + (digest[0] ?? 0)).fill(salt)), salt.length)
  // 21
  for (let round = 0; round < rounds; round++) {
    const c = createHash('sha256').update(round % 2 ? p : digest)
    if (round % 3) c.update(s)
    if (round % 7) c.update(p)
    digest = c.update(round % 2 ? digest : p).digest()
  }
  return encoded(digest)
}

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest()
}

function repeated(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, bytes)
}

/** 22: three bytes at a time, of which each third of the digest gives one, in turns. */
function encoded(digest: Buffer): string {
  const at = (n: number) => digest[n] ?? 0
  let text = ''
  const put = (value: number, count: number) => {
    for (let n = 0; n < count; n++) text += letters[(value >> (6 * n)) & 63]
  }
  let [x, y, z] = [0, 10, 20]
  for (let n = 0; n < 10; n++) {
    put((at(x) << 16) | (at(y) << 8) | at(z), 4)
    ;[x, y, z] = [z + 1, x + 1, y + 1]
  }
  put((at(31) << 8) | at(30), 3)
  return text
}
