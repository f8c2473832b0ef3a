import type { AuditLog } from './audit/audit-log.ts'
import type { AuditReader } from './audit/audit-reader.ts'
import type { JsonService } from './aws/json-protocol.ts'
import type { Services } from './aws/read-call.ts'
import type { Clock } from './base/clock.ts'
import { createCognitoService } from './cognito/service.ts'
import type { Config } from './config.ts'
import type { Gate } from './federation/gate.ts'
import { createRateLimit } from './http/rate-limit.ts'
import { createIamService } from './iam/service.ts'
import { createPoolNames, poolIssuer } from './identity/pool-logins.ts'
import type { createProofVerifiers } from './identity/proof-verifiers.ts'
import type { Keyring } from './keys/keyring.ts'
import type { Store } from './store/open-store.ts'
import { createStsService } from './sts/service.ts'
import type { IdentityKey } from './tokens/sign-identity-token.ts'
import { createTrailService } from './trail/service.ts'

export type AwsServicesDeps = {
  config: Config
  store: Store
  proofs: ReturnType<typeof createProofVerifiers>
  keyring: Keyring
  accountId: string
  gate: Gate
  audit: AuditLog
  reader: AuditReader
  secrets: JsonService
  /** Signs what identity pools vouch for. */
  poolKey(): Promise<IdentityKey>
  clock: Clock
}

/** Every service on the AWS wire, with what it needs: for the endpoint, and for pages that call the same actions. */
export function createAwsServices(deps: AwsServicesDeps): Services {
  const { config, store, proofs, keyring, accountId, gate, audit, reader, clock } = deps
  const { publicUrl, production } = config
  return {
    services: [
      createStsService({ gate, ...proofs, keyring, accountId }),
      createIamService({
        ...store,
        config,
        keyring,
        reader,
        accountId,
        issuer: publicUrl,
        alsoKnownAs: createPoolNames(store.poolIdentities, publicUrl),
        clock,
        passwordGuesses: createRateLimit({ burst: 5, perSecond: 1 / 60 }, clock),
        allowLoopbackHttp: !production,
      }),
    ],
    jsonServices: [
      createTrailService({ reader, accountId }),
      createCognitoService({
        ...store,
        ...proofs,
        gate,
        audit,
        issuer: poolIssuer(publicUrl),
        signingKey: deps.poolKey,
        accountId,
        clock,
      }),
      deps.secrets,
    ],
  }
}
