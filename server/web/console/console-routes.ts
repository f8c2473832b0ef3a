import express, { type Request, type Response, type Router } from 'express'
import { Refusal } from '../../base/refusal.ts'
import { sessionNameFor } from '../../federation/session-name.ts'
import { readQuery } from '../../http/read-form.ts'
import type { Pages } from '../pages.ts'
import { postedForm } from '../posted-form.ts'
import { consoleNotice } from './console-notices.ts'
import { createConsolePages } from './console-pages.ts'
import { type ConsoleDeps, enterConsole, leaveConsole } from './console-session.ts'
import { inConsole } from './in-console.ts'
import { createMappingRoutes } from './mapping-routes.ts'
import { createSecretRoutes } from './secrets/secret-routes.ts'

export type ConsoleRouteDeps = ConsoleDeps & { pages: Pages }

/**
 * Where operators work. Every page calls the actions of the AWS wire as the role that its person entered with, so that a
 * page can do nothing that the role may not do over the wire.
 */
export function createConsoleRoutes(given: ConsoleRouteDeps): Router {
  const deps = { ...given, consolePages: createConsolePages(given.pages) }
  const router = express.Router()

  router.get('/console', async (request, response) => {
    if (request.session.identity === undefined) return response.redirect(303, '/?notice=required')
    if (request.session.console === undefined) return showChoice(deps, request, response)
    await inConsole(deps, (_request, _response, visit) =>
      deps.consolePages.render(request, response, visit, 'console/home', { title: 'Console' }),
    )(request, response)
  })

  router.post('/console/enter', async (request, response) => {
    const role = (await postedForm(request)).get('role') ?? ''
    if (role === '') throw new Refusal('request.invalid')
    await enterConsole(deps, request, role)
    response.redirect(303, '/console')
  })

  router.post('/console/leave', async (request, response) => {
    await leaveConsole(deps, request)
    response.redirect(303, '/console?notice=left')
  })

  router.use(createMappingRoutes(deps))
  router.use(createSecretRoutes(deps))
  return router
}

/** The roles that the page of roles shows, and no others. */
async function showChoice(
  { pages, gate, factsOf }: ConsoleRouteDeps,
  request: Request,
  response: Response,
): Promise<void> {
  const identity = request.session.identity
  if (identity === undefined) throw new Refusal('signIn.required')
  await pages.render(response, 'console/choose', {
    title: 'Enter the console',
    person: identity,
    notice: consoleNotice(readQuery(request.url).get('notice')),
    roles: await gate.rolesFor(identity, sessionNameFor(identity), factsOf(request)),
  })
}
