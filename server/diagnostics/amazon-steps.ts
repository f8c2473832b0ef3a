import type { AmazonSettings } from '../identity/proof-verifiers.ts'
import type { Asked, ProviderTestDeps } from './deps.ts'
import { secretSteps } from './openid/client-steps.ts'
import { proofSteps } from './proof-steps.ts'
import { createReach } from './reach.ts'
import { signInStep } from './running-service.ts'
import { ok, type Step } from './step.ts'

/** Login with Amazon has neither discovery nor keys, and says how long a token is good for without a clock. */
export async function* amazonSteps(
  amazon: AmazonSettings,
  deps: ProviderTestDeps,
  asked: Asked,
): AsyncGenerator<Step> {
  const client = {
    clientId: amazon.clientId,
    clientSecret: () => amazon.clientSecret,
    secretGoes: 'post' as const,
    secretSetting: 'AMAZON_CLIENT_SECRET',
    needsS256: true,
    redirectUri: `${deps.config.publicUrl}/sign-in/amazon/callback`,
    scope: 'profile',
    signInPath: '/sign-in/amazon',
  }
  yield ok(
    'Redirect URI',
    `This must be among the security profile's allowed return URLs: ${client.redirectUri}`,
  )
  if (asked.serviceUrl !== undefined) yield await signInStep(asked.serviceUrl, client)
  yield* secretSteps(client, `${amazon.apiUrl}/auth/o2/token`, undefined, deps, createReach(deps))
  yield* proofSteps(
    { what: 'access token', verify: token => deps.proofs.verifyAccessToken('amazon', token) },
    deps,
    asked,
  )
}
