import { resolve } from 'node:path'
import { z } from 'zod'
import { readMasterKey, readMasterKeyFile } from '../keys/read-master-key-file.ts'
import type { Given, Rule } from './rules.ts'
import { text } from './setting-kinds.ts'

/** The environment variables about the key that all others come from. */
export const masterKeySettings = {
  ROLECALL_MASTER_KEY: masterKey(),
  ROLECALL_MASTER_KEY_FILE: masterKeyFile(),
  ROLECALL_MASTER_KEY_PREVIOUS: masterKey(),
  ROLECALL_MASTER_KEY_PREVIOUS_FILE: masterKeyFile(),
}

type Sound = z.output<z.ZodObject<typeof masterKeySettings>>

/** By whichever of its two settings each is given. */
export function masterKeysOf(sound: Sound) {
  return {
    masterKey: sound.ROLECALL_MASTER_KEY ?? sound.ROLECALL_MASTER_KEY_FILE,
    previousMasterKey: sound.ROLECALL_MASTER_KEY_PREVIOUS ?? sound.ROLECALL_MASTER_KEY_PREVIOUS_FILE,
  }
}

export function masterKeyRules(given: Given, sound: Sound): Rule<keyof Sound | 'DATABASE_URL'>[] {
  const has = (name: keyof Sound) => given[name] !== undefined
  const isMissing = !has('ROLECALL_MASTER_KEY') && !has('ROLECALL_MASTER_KEY_FILE')
  const { masterKey: key, previousMasterKey: previous } = masterKeysOf(sound)
  const same = key !== undefined && previous !== undefined && key.equals(previous)
  const before = (['ROLECALL_MASTER_KEY_PREVIOUS', 'ROLECALL_MASTER_KEY_PREVIOUS_FILE'] as const).filter(has)
  return [
    ...(['ROLECALL_MASTER_KEY', 'ROLECALL_MASTER_KEY_PREVIOUS'] as const).map(
      (name): Rule<keyof Sound> => [
        `${name}_FILE`,
        has(name) && has(`${name}_FILE`),
        `set beside ${name}, expected one of them`,
      ],
    ),
    ...before.map((name): Rule<keyof Sound> => {
      return ['ROLECALL_MASTER_KEY', isMissing, `missing, expected together with ${name}`]
    }),
    [
      'ROLECALL_MASTER_KEY',
      given.DATABASE_URL !== undefined && isMissing,
      'missing, expected together with DATABASE_URL: all nodes need the same one',
    ],
    [
      before[0] ?? 'ROLECALL_MASTER_KEY_PREVIOUS',
      same,
      'the same as ROLECALL_MASTER_KEY, expected the key before it',
    ],
  ]
}

function masterKey() {
  return text(
    value => readMasterKey(value) !== undefined,
    'not a key, expected 32 bytes in base64 (openssl rand -base64 32)',
  )
    .transform(value => Buffer.from(value, 'base64'))
    .optional()
}

function masterKeyFile() {
  return z
    .string()
    .transform((path, context) => {
      try {
        return readMasterKeyFile(resolve(path))
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message })
        return z.NEVER
      }
    })
    .optional()
}
