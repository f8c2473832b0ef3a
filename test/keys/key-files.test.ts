import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { newId } from '../../server/base/ids.ts'
import {
  loadOrMakeAccountId,
  loadOrMakeMasterKey,
  loadOrMakeRootAccessKey,
  prepareDataDir,
  rootAccessKeyFile,
} from '../../server/keys/key-files.ts'

const parent = mkdtempSync(join(tmpdir(), 'rolecall-keys-'))
after(() => rmSync(parent, { recursive: true }))
const dataDir = join(parent, 'data')
prepareDataDir(dataDir)

const modeOf = (path: string) => statSync(path).mode & 0o777

test('the data folder is closed to everybody else', () => {
  assert.equal(modeOf(dataDir), 0o700)
})

test('the master key is made once, 32 bytes, readable by its owner alone', () => {
  const key = loadOrMakeMasterKey(dataDir)
  assert.equal(key.length, 32)
  assert.deepEqual(loadOrMakeMasterKey(dataDir), key)
  assert.equal(modeOf(join(dataDir, 'master-key')), 0o600)
})

test('the account id is made once and has twelve digits', () => {
  const id = loadOrMakeAccountId(dataDir)
  assert.match(id, /^[1-9]\d{11}$/)
  assert.equal(loadOrMakeAccountId(dataDir), id)
})

test('the root access key is made once, as a profile that the AWS tools read, readable by its owner alone', () => {
  const load = () => loadOrMakeRootAccessKey(dataDir, () => newId('AKIA'))
  const key = load()
  assert.match(key.id, /^AKIA[A-Z2-7]{16}$/)
  assert.equal(key.secret.length, 40)
  assert.deepEqual(load(), key)
  assert.equal(modeOf(rootAccessKeyFile(dataDir)), 0o600)
  assert.match(readFileSync(rootAccessKeyFile(dataDir), 'utf8'), /^\[rolecall-root\]$/m)
})

test('a master key file that was cut short stops the start instead of weakening every key', () => {
  const broken = join(parent, 'broken')
  prepareDataDir(broken)
  writeFileSync(join(broken, 'master-key'), 'c2hvcnQ=')
  assert.throws(() => loadOrMakeMasterKey(broken), /does not hold 32 bytes/)
})
