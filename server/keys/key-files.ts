import { randomBytes, randomInt } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

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
  const file = join(dataDir, 'account-id')
  const id = loadOrMake(file, () => String(randomInt(100_000_000_000, 281_474_976_710_655)).slice(0, 12))
  if (!/^\d{12}$/.test(id)) throw new Error(`${file} does not hold an account id of 12 digits`)
  return id
}

/** What the service made, for whoever only looks: nothing is made here. */
export function findMasterKey(dataDir: string): Buffer | undefined {
  const text = readIfThere(join(dataDir, 'master-key'))
  return text === undefined ? undefined : Buffer.from(text, 'base64')
}

export function findAccountId(dataDir: string): string | undefined {
  return readIfThere(join(dataDir, 'account-id'))
}

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
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
  // Thirty bytes are forty characters of base64, the length that AWS's tools expect.
  const make = () => profileOf({ id: newKeyId(), secret: randomBytes(30).toString('base64') })
  const text = loadOrMake(file, make)
  const id = /^aws_access_key_id\s*=\s*(\S+)$/m.exec(text)?.[1]
  const secret = /^aws_secret_access_key\s*=\s*(\S+)$/m.exec(text)?.[1]
  if (id === undefined || secret === undefined) throw new Error(`${file} does not hold an access key`)
  return { id, secret }
}

/** Puts a root access key that is kept elsewhere into its file, in the place of any other. */
export function writeRootAccessKey(dataDir: string, key: RootAccessKey): void {
  const file = rootAccessKeyFile(dataDir)
  const text = profileOf(key)
  if (!existsSync(file) || readFileSync(file, 'utf8').trim() !== text) writeDurably(file, text)
}

function profileOf({ id, secret }: RootAccessKey): string {
  return `[rolecall-root]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}`
}

function loadOrMake(file: string, make: () => string): string {
  if (!existsSync(file)) writeDurably(file, make())
  return readFileSync(file, 'utf8').trim()
}

/**
 * The file appears whole or not at all, and stays: a crash half-way must not leave an empty key behind, nor a
 * power cut take back one that has sealed something. Only whoever has claimed the folder may call this.
 */
function writeDurably(file: string, text: string): void {
  const unfinished = `${file}.new`
  const handle = openSync(unfinished, 'w', 0o600)
  try {
    writeSync(handle, `${text}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(unfinished, file)
  const folder = openSync(dirname(file), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
