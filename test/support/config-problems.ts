import assert from 'node:assert/strict'
import { ConfigError, readConfig } from '../../server/config.ts'

export type Env = Record<string, string | undefined>

export const inProduction = {
  NODE_ENV: 'production',
  ROLECALL_PUBLIC_URL: 'https://login.example.com',
  ROLECALL_TRUSTED_PROXIES: '10.0.0.7',
}

/** What is wrong with an environment, by the reader that the service starts with. */
export function problemsOf(env: Env): string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    assert(error instanceof ConfigError)
    return error.problems
  }
}
