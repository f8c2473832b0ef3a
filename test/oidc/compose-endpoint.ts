import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { createFactsReader } from '../../server/http/request-facts.ts'
import { loadSigningKeys } from '../../server/oidc/signing-keys.ts'
import { createTokenEndpoint, type TokenEndpointDeps } from '../../server/oidc/token-endpoint.ts'
import { createTokenSigner } from '../../server/tokens/sign-access-token.ts'
import { composeGate, person } from '../federation/compose-gate.ts'

export const publicUrl = 'https://login.example'

/** What a test puts in a part's place, once the parts are there. */
type Change = (
  deps: TokenEndpointDeps,
  composed: Awaited<ReturnType<typeof composeGate>>,
) => Partial<TokenEndpointDeps>

/**
 * The endpoint alone, on real parts and a clock of the test's, behind a server. Whatever the subject token, it
 * is the same person's.
 */
export async function composeEndpoint(change: Change = () => ({})) {
  const composed = await composeGate()
  const { store, keyring, clock, gate, audit } = composed
  const logged: string[] = []
  const write = (context: object, message: string) =>
    void logged.push(message, ...Object.values(context).map(String))
  const keys = await loadSigningKeys({ signingKeys: store.signingKeys, keyring, clock })
  const signer = createTokenSigner({ keys, issuer: publicUrl, clock })
  const deps: TokenEndpointDeps = {
    gate,
    verifyIdToken: async () => person(),
    verifyAccessToken: async () => person(),
    verifyDirectoryPassword: async () => person(),
    directoryName: undefined,
    guests: undefined,
    signer,
    audit,
    factsOf: createFactsReader([], clock),
    log: { error: write, info: write },
  }
  const endpoint = createTokenEndpoint({ ...deps, ...change(deps, composed) })
  const afterwards: (() => void)[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    endpoint(request, response)
    for (const then of afterwards) then()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  after(() => server.close())
  return {
    ...composed,
    port: (server.address() as AddressInfo).port,
    role: await composed.createRole('reader'),
    signer,
    logged: () => logged.join('\n'),
    /** Called when a request has come and the endpoint has begun with it. */
    onBegun: (then: () => void) => afterwards.push(then),
  }
}
