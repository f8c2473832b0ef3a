import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { errors, type Provider } from 'oidc-provider'
import { Refusal } from '../../base/refusal.ts'
import { readBody } from '../../http/read-body.ts'
import { readForm } from '../../http/read-form.ts'
import { createGuard } from '../guard.ts'
import { peoplePage, problemPage, sendPage, sendStyle, sendText, welcomePage } from '../pages.ts'
import { findPerson } from '../people.ts'
import {
  createGoogleProvider,
  type GoogleProviderOptions,
  mintSampleIdToken,
  sessionCookie,
} from './google-provider.ts'

export type GoogleStandInOptions = GoogleProviderOptions & { port: number }

const samplePath = '/sample-id-token/'

/** Answers Google's part: the OpenID provider, its page to choose a person on, and sample tokens. */
export function createGoogleStandIn({ port, log, ...options }: GoogleStandInOptions): RequestListener {
  const guard = createGuard(port)
  const provider = createGoogleProvider({ ...options, log })
  const answerProvider = provider.callback()
  const formTargets = [...new Set(options.redirectUris.map(uri => new URL(uri).origin))]

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', options.issuer)
    if (pathname === '/') {
      return sendPage(response, 200, welcomePage('Google', samplePath, 'an ID token'))
    }
    if (pathname === '/stand-in.css') return sendStyle(response)
    if (pathname.startsWith(samplePath)) return answerSample(provider, response, pathname)
    if (pathname.startsWith('/interaction/')) {
      return answerInteraction(provider, request, response, formTargets)
    }
    forgetSignIn(request)
    await answerProvider(request, response)
  }

  return (request, response) => {
    if (!guard(request, response)) return
    answer(request, response).catch(problem => {
      if (response.headersSent) return void response.destroy()
      if (problem instanceof Refusal) return sendText(response, 400, 'The form cannot be read.\n')
      log.warn({ err: problem }, 'the stand-in for Google failed')
      sendText(response, 500, 'The stand-in failed. Its log says why.\n')
    })
  }
}

async function answerSample(provider: Provider, response: ServerResponse, pathname: string): Promise<void> {
  const person = findPerson(pathname.slice(samplePath.length))
  if (person === undefined) return sendText(response, 404, 'There is no such sample person.\n')
  // No line end: the shell strips one, but other readers of a file or an answer may not.
  sendText(response, 200, await mintSampleIdToken(provider, person))
}

async function answerInteraction(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  formTargets: readonly string[],
): Promise<void> {
  const interaction = await findInteraction(provider, request, response)
  if (interaction === undefined) {
    const sentence = 'It took too long, or was finished before. Go back to the service and start again.'
    return sendPage(response, 400, problemPage('Google', 'This sign-in is over', sentence))
  }
  if (request.method !== 'POST') {
    const asker = new URL(String(interaction.params.redirect_uri)).host
    return sendPage(response, 200, peoplePage('Google', asker, request.url ?? '/'), formTargets)
  }
  const form = readForm(await readBody(request, { maxBytes: 1_024, timeoutMs: 5_000 }))
  const person = findPerson(form.get('person'))
  if (person === undefined) {
    await provider.interactionFinished(request, response, {
      error: 'access_denied',
      error_description: 'the sign-in was cancelled',
    })
    return
  }
  // One choice settles every prompt that the client may have asked for.
  const login = { accountId: person.googleSub, remember: false }
  await provider.interactionFinished(request, response, { login, select_account: {}, consent: {} })
}

async function findInteraction(provider: Provider, request: IncomingMessage, response: ServerResponse) {
  try {
    return await provider.interactionDetails(request, response)
  } catch (problem) {
    if (problem instanceof errors.SessionNotFound) return undefined
    throw problem
  }
}

/**
 * Nobody stays signed in here: each sign-in asks again who to be, or one could never change places.
 * Withholding the session's cookie also keeps two tabs out of each other's way.
 */
function forgetSignIn(request: IncomingMessage): void {
  const kept = request.headers.cookie?.split(/; */).filter(pair => !pair.startsWith(sessionCookie))
  if (kept !== undefined) request.headers.cookie = kept.join('; ')
}
