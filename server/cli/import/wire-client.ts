import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'

type Options = { endpoint: string; region?: string | undefined; profile?: string | undefined }

/**
 * By the real SDK, which signs, tries again and finds credentials wherever the operator's other tools do. The endpoint is
 * always said: without one it would send the values to AWS.
 */
export function createWireClient({ endpoint, region, profile }: Options): SecretsManagerClient {
  return new SecretsManagerClient({
    endpoint,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
  })
}
