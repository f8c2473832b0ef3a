import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const mostBytes = 256

/**
 * A master key that somebody else put into a file, such as a secret that Docker or Kubernetes mounts.
 *
 * @throws {Error} with what is wrong, which never repeats the content
 */
export function readMasterKeyFile(file: string): Buffer {
  // One descriptor for the look and the reading: what is read is what was looked at.
  const handle = open(file)
  try {
    const stats = fstatSync(handle)
    if (!stats.isFile()) throw new Error('not a file')
    // Kubernetes gives a mounted secret to a group; what all may read, every program on the machine has read.
    const mode = stats.mode & 0o777
    if ((mode & 0o007) !== 0) {
      throw new Error(`open to everybody (mode ${mode.toString(8)}), expected 400, 440, 600 or 640`)
    }
    const bytes = Buffer.alloc(mostBytes)
    const text = bytes.toString('utf8', 0, readSync(handle, bytes)).trim()
    const key = stats.size > mostBytes ? undefined : readMasterKey(text)
    if (key === undefined)
      throw new Error('holds no key, expected 32 bytes in base64 (openssl rand -base64 32)')
    return key
  } finally {
    closeSync(handle)
  }
}

/** Written out again it must be the same: base64 decoding alone drops what it does not know. */
export function readMasterKey(text: string): Buffer | undefined {
  const key = Buffer.from(text, 'base64')
  return key.length === 32 && key.toString('base64') === text ? key : undefined
}

function open(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (error) {
    throw new Error(`no file that can be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
