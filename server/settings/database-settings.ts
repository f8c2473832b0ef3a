import { resolve } from 'node:path'
import { z } from 'zod'
import { isHostAndPort } from './hosts.ts'
import { listOf } from './setting-kinds.ts'

/** The environment variables about databases whose users are kept in secrets, each by itself. */
export const databaseSettings = {
  ROLECALL_DATABASE_HOSTS: listOf(isHostAndPort, 'not a host, expected host or host:port'),
  ROLECALL_DATABASE_PLAINTEXT_HOSTS: listOf(isHostAndPort, 'not a host, expected host or host:port'),
  ROLECALL_DATABASE_CA_FILE: z
    .string()
    .transform(path => resolve(path))
    .optional(),
}

type Sound = z.output<z.ZodObject<typeof databaseSettings>>

/** Which databases may be logged in to, whatever a secret names. */
export type DatabasesConfig = Readonly<{
  /** `host` or `host:port`, lower case. */
  hosts: readonly string[]
  /** Those of which a secret may say that they are spoken to in plain text. */
  plaintextHosts: readonly string[]
  /** Certificate authorities beside the system's. */
  caFile?: string
}>

export function databasesOf(sound: Sound): DatabasesConfig {
  const caFile = sound.ROLECALL_DATABASE_CA_FILE
  return {
    hosts: sound.ROLECALL_DATABASE_HOSTS,
    plaintextHosts: sound.ROLECALL_DATABASE_PLAINTEXT_HOSTS,
    ...(caFile === undefined ? {} : { caFile }),
  }
}
