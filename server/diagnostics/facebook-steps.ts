import { Refusal } from '../base/refusal.ts'
import type { FacebookSettings } from '../identity/proof-verifiers.ts'
import { clockStep, type Timed } from './clock-step.ts'
import type { Asked, ProviderTestDeps } from './deps.ts'
import { proofSteps } from './proof-steps.ts'
import { createReach } from './reach.ts'
import { signInStep } from './running-service.ts'
import { ok, problem, type Step, skipped } from './step.ts'

/** Facebook has neither discovery nor keys: it is asked about each token, in our app's own name. */
export async function* facebookSteps(
  facebook: FacebookSettings,
  deps: ProviderTestDeps,
  asked: Asked,
): AsyncGenerator<Step> {
  const reach = createReach(deps)
  if (!(yield* reach(facebook.graphUrl))) {
    yield skipped('App', 'Graph can’t be called.')
    return
  }
  const { step, timed } = await askAboutApp(facebook, deps)
  yield step
  yield clockStep(timed)
  const redirectUri = `${deps.config.publicUrl}/sign-in/facebook/callback`
  yield ok('Redirect URI', `This must be among the app's valid OAuth redirect URIs: ${redirectUri}`)
  if (asked.serviceUrl !== undefined) {
    yield await signInStep(asked.serviceUrl, { redirectUri, signInPath: '/sign-in/facebook' })
  }
  yield* proofSteps(
    { what: 'access token', verify: token => deps.proofs.verifyAccessToken('facebook', token) },
    deps,
    asked,
  )
}

/** Has Graph look at a token that is none: an error then is about our own app id and secret. */
async function askAboutApp(
  { appId, appSecret, graphUrl, graphVersion }: FacebookSettings,
  { outbound, clock }: ProviderTestDeps,
): Promise<{ step: Step; timed?: Timed }> {
  const check = 'App'
  try {
    const { status, headers, body } = await outbound.fetchJson(
      `${graphUrl}/${graphVersion}/debug_token?input_token=rolecall-provider-test`,
      { headers: { authorization: `Bearer ${appId}|${appSecret}` } },
    )
    const timed = { headers, atMs: clock() }
    if (status === 200)
      return { step: ok(check, `Graph ${graphVersion} takes our app id and secret.`), timed }
    const { code, message } = Object(Object(body).error)
    const says = `Graph ${graphVersion} refuses them: status ${status}, code ${code} (${message}).`
    const change = `Compare FACEBOOK_APP_ID and FACEBOOK_APP_SECRET with the app there, and FACEBOOK_GRAPH_VERSION with the versions there are.`
    return { step: problem(check, says, change), timed }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return {
      step: problem(
        check,
        `Graph can’t be asked: ${error.detail}.`,
        `See that ${graphUrl} answers from here.`,
      ),
    }
  }
}
