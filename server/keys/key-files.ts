import { randomBytes, randomInt } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

export type RootAccessKey = { id: string; secret: string }

/** Makes the data folder when it is not there; closes it to everybody else in either case. */
export function prepareDataDir(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  chmodSync(dataDir, 0o700)
}

/** The master key kept beside the data, made on first use. 32 bytes. */
export function loadOrMakeMasterKey(dataDir: string): Buffer {
  const text = loadOrMake(join(dataDir, 'master-key'), () => randomBytes(32).toString('base64'))
  const key = Buffer.from(text, 'base64')
  if (key.length !== 32) throw new Error(`${join(dataDir, 'master-key')} does not hold 32 bytes in base64`)
  return key
}

/** The account id of this installation, made on first use: 12 digits, the first not 0. */
export function loadOrMakeAccountId(dataDir: string): string {
  return loadOrMake(join(dataDir, 'account-id'), () =>
    String(randomInt(100_000_000_000, 281_474_976_710_655)).slice(0, 12),
  )
}

/** Where the root access key lies when the environment gives none; an `~/.aws/credentials` profile. */
export function rootAccessKeyFile(dataDir: string): string {
  return join(dataDir, 'root-access-key')
}

/**
 * The root access key kept beside the data, made on first use.
 * @param newKeyId makes an id that begins with `AKIA`
 */
export function loadOrMakeRootAccessKey(dataDir: string, newKeyId: () => string): RootAccessKey {
  const file = rootAccessKeyFile(dataDir)
  const text = loadOrMake(file, () => {
    // Thirty bytes are forty characters of base64, the length that AWS's tools expect.
    const secret = randomBytes(30).toString('base64')
    return `[rolecall-root]\naws_access_key_id = ${newKeyId()}\naws_secret_access_key = ${secret}`
  })
  const id = /^aws_access_key_id\s*=\s*(\S+)$/m.exec(text)?.[1]
  const secret = /^aws_secret_access_key\s*=\s*(\S+)$/m.exec(text)?.[1]
  if (id === undefined || secret === undefined) throw new Error(`${file} does not hold an access key`)
  return { id, secret }
}

function loadOrMake(file: string, make: () => string): string {
  if (!existsSync(file)) writeDurably(file, make())
  return readFileSync(file, 'utf8').trim()
}

/** `wx` and an fsync: two processes starting at once can't each believe in a key of their own. */
function writeDurably(file: string, text: string): void {
  let handle: number
  try {
    handle = openSync(file, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw error
  }
  try {
    writeSync(handle, `${text}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
