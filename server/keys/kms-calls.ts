import type {
  DecryptCommandInput,
  DecryptCommandOutput,
  EncryptCommandInput,
  EncryptCommandOutput,
} from '@aws-sdk/client-kms'
import { KeyServiceError } from './key-service-error.ts'

export type KmsCalls = {
  /** @throws {KeyServiceError} */
  encrypt(input: EncryptCommandInput): Promise<EncryptCommandOutput>
  /** Undefined for what is not of that key or not of that context. @throws {KeyServiceError} */
  decrypt(input: DecryptCommandInput): Promise<DecryptCommandOutput | undefined>
}

type Options = { endpoint?: string | undefined; region?: string | undefined; timeoutMs: number }

/** Credentials, and where nothing else is said the region, come by the SDK's own chain. */
export async function loadKmsCalls({ endpoint, region, timeoutMs }: Options): Promise<KmsCalls> {
  const { KMSClient, EncryptCommand, DecryptCommand } = await import('@aws-sdk/client-kms')
  const client = new KMSClient({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: Math.min(timeoutMs, 2_000),
      requestTimeout: Math.min(timeoutMs, 3_000),
      throwOnRequestTimeout: true,
    },
  })
  return {
    encrypt: input =>
      within(timeoutMs, 'Encrypt', abortSignal => client.send(new EncryptCommand(input), { abortSignal })),
    async decrypt(input) {
      try {
        return await within(timeoutMs, 'Decrypt', abortSignal =>
          client.send(new DecryptCommand(input), { abortSignal }),
        )
      } catch (error) {
        if (error instanceof KeyServiceError && notOfKey.includes(error.code)) return undefined
        throw error
      }
    },
  }
}

const notOfKey = ['InvalidCiphertextException', 'IncorrectKeyException']

/** Also for what the SDK does before it sends, such as asking somewhere else for credentials. */
async function within<T>(ms: number, what: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(ms)
  const late = Promise.withResolvers<never>()
  const giveUp = () => late.reject(new KeyServiceError('down', what, `no answer within ${ms} ms`))
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await Promise.race([ask(signal), late.promise])
  } catch (error) {
    throw error instanceof KeyServiceError ? error : new KeyServiceError(kindOf(error), what, codeOf(error))
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

/** What KMS says is wrong with what was asked stays wrong; but it counts too many requests among those. */
function kindOf(error: unknown): KeyServiceError['kind'] {
  const isOurs = error instanceof Error && '$fault' in error && error.$fault === 'client'
  return isOurs && !/Throttl|LimitExceeded|TooMany/.test(error.name) ? 'refused' : 'down'
}

/** Not the service's message, which is its own to write; but the SDK's where it has nothing else, as for a region. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.name === 'Error' ? error.message : error.name
}
