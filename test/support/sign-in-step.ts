import type { TestRolecall } from './rolecall.ts'

/**
 * The client, which from now on signs by the service's clock, wherever that is moved to. Left alone it would go by the
 * real one, which also stands in the answers' `date`.
 */
export function signInStep<Client extends { config: object }>(
  client: Client,
  { nowMs }: Pick<TestRolecall, 'nowMs'>,
): Client {
  Object.defineProperty(client.config, 'systemClockOffset', {
    get: () => nowMs() - Date.now(),
    set: () => undefined,
  })
  return client
}
