import { createOutbound } from '../base/outbound.ts'
import { Refusal } from '../base/refusal.ts'
import { ok, problem, type Step, skipped } from './step.ts'

/** The operator says where it is: it may be inside their network. */
const outbound = createOutbound({ allowPrivate: () => true, allowLoopbackHttp: true })

const startIt = 'See that the service runs there, and what it logs.'

/** Whether the service that runs is set up as the commands are. */
export async function* serviceSteps(serviceUrl: string, publicUrl: string): AsyncGenerator<Step> {
  const check = 'Running service'
  try {
    const ready = await outbound.fetchText(`${serviceUrl}/readyz`)
    if (ready.status !== 200) {
      yield problem(check, `It says: ${ready.body.trim().slice(0, 200)}.`, startIt)
      return
    }
    const { body } = await outbound.fetchJson(`${serviceUrl}/.well-known/openid-configuration`)
    const { issuer } = Object(body)
    if (issuer === publicUrl) yield ok(check, `Ready, and known as ${publicUrl}.`)
    else {
      const change =
        'Run this command with the environment of the service: ROLECALL_PUBLIC_URL, PORT and .env.'
      yield problem(check, `It is known as ${issuer}, and by our configuration as ${publicUrl}.`, change)
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    yield problem(check, `It can’t be asked: ${error.detail}.`, startIt)
  }
}

/** What it really sends browsers away with. */
export async function signInStep(
  serviceUrl: string,
  { redirectUri, signInPath }: { redirectUri: string; signInPath: string },
): Promise<Step> {
  const check = 'Redirect URI of the service'
  try {
    const { headers, status } = await outbound.fetchText(`${serviceUrl}${signInPath}`, {
      redirects: 'answered',
    })
    const sent = URL.parse(headers.location ?? '')?.searchParams.get('redirect_uri')
    if (sent === redirectUri) return ok(check, 'It sends this very one along.')
    if (sent == null) {
      return problem(
        check,
        `${signInPath} sends nobody to the provider: status ${status}.`,
        'Start the service with the settings of this provider.',
      )
    }
    return problem(
      check,
      `It sends ${sent} along.`,
      'Register that one, or correct ROLECALL_PUBLIC_URL there.',
    )
  } catch (error) {
    if (error instanceof Refusal) return skipped(check, `It can’t be asked: ${error.detail}.`)
    throw error
  }
}
