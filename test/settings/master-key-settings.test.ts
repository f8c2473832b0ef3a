import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readConfig } from '../../server/config.ts'
import { problemsOf } from '../support/config-problems.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const folder = temporaryFolder()
const one = Buffer.alloc(32, 1).toString('base64')
const other = Buffer.alloc(32, 2).toString('base64')
let files = 0
function file(text: string, mode = 0o400): string {
  const path = join(folder, `key-${files++}`)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

describe('a master key from a file', () => {
  for (const [story, path] of [
    ['for its owner alone', file(`${one}\n`)],
    ['for a group, as Kubernetes gives it', file(one, 0o440)],
    ['with a space at its end', file(`${one} \r\n`, 0o600)],
  ] as const) {
    test(`is read, ${story}`, () => {
      assert.deepEqual(readConfig({ ROLECALL_MASTER_KEY_FILE: path }).masterKey, Buffer.alloc(32, 1))
    })
  }

  test('is read through the link that Kubernetes makes of it', () => {
    const link = join(folder, 'link')
    symlinkSync(file(one), link)
    assert.deepEqual(readConfig({ ROLECALL_MASTER_KEY_FILE: link }).masterKey, Buffer.alloc(32, 1))
  })

  test('stands in for the variable, for the key before as well, and beside a database', () => {
    const config = readConfig({
      DATABASE_URL: 'postgres://a:b@127.0.0.1/c',
      ROLECALL_MASTER_KEY_FILE: file(one),
      ROLECALL_MASTER_KEY_PREVIOUS_FILE: file(other),
    })
    assert.deepEqual(config.previousMasterKey, Buffer.alloc(32, 2))
    const mixed = { ROLECALL_MASTER_KEY: one, ROLECALL_MASTER_KEY_PREVIOUS_FILE: file(other) }
    assert.deepEqual(readConfig(mixed).previousMasterKey, Buffer.alloc(32, 2))
  })

  const nowhere = join(folder, 'nowhere')
  const subfolder = join(folder, 'folder')
  mkdirSync(subfolder)
  const noKey = 'holds no key, expected 32 bytes in base64 (openssl rand -base64 32)'
  const open = 'open to everybody (mode 644), expected 400, 440, 600 or 640'
  for (const [story, env, problem] of [
    ['that everybody may read', { ROLECALL_MASTER_KEY_FILE: file(one, 0o644) }, `_FILE: ${open}`],
    [
      'that everybody may write',
      { ROLECALL_MASTER_KEY_FILE: file(one, 0o602) },
      `_FILE: ${open.replace('644', '602')}`,
    ],
    ['that is not there', { ROLECALL_MASTER_KEY_FILE: nowhere }, '_FILE: no file that can be read (ENOENT)'],
    ['that is a folder', { ROLECALL_MASTER_KEY_FILE: subfolder }, '_FILE: not a file'],
    ['that is empty', { ROLECALL_MASTER_KEY_FILE: file('') }, `_FILE: ${noKey}`],
    ['of two keys', { ROLECALL_MASTER_KEY_FILE: file(`${one}\n${other}\n`) }, `_FILE: ${noKey}`],
    ['that goes on', { ROLECALL_MASTER_KEY_FILE: file(one + ' '.repeat(300) + other) }, `_FILE: ${noKey}`],
    [
      'beside the variable',
      { ROLECALL_MASTER_KEY_FILE: file(one), ROLECALL_MASTER_KEY: one },
      '_FILE: set beside ROLECALL_MASTER_KEY, expected one of them',
    ],
    [
      'beside the variable, of the key before',
      {
        ROLECALL_MASTER_KEY: one,
        ROLECALL_MASTER_KEY_PREVIOUS_FILE: file(other),
        ROLECALL_MASTER_KEY_PREVIOUS: other,
      },
      '_PREVIOUS_FILE: set beside ROLECALL_MASTER_KEY_PREVIOUS, expected one of them',
    ],
    [
      'of the key before alone',
      { ROLECALL_MASTER_KEY_PREVIOUS_FILE: file(other) },
      ': missing, expected together with ROLECALL_MASTER_KEY_PREVIOUS_FILE',
    ],
    [
      'of the same key as the one before',
      { ROLECALL_MASTER_KEY_FILE: file(one), ROLECALL_MASTER_KEY_PREVIOUS_FILE: file(one) },
      '_PREVIOUS_FILE: the same as ROLECALL_MASTER_KEY, expected the key before it',
    ],
  ] as const) {
    test(`${story} is refused, and its content not repeated`, () => {
      assert.deepEqual(problemsOf(env), [`ROLECALL_MASTER_KEY${problem}`])
    })
  }
})
