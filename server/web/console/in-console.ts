import type { Request, Response } from 'express'
import { CallRefused } from '../../aws/act-as.ts'
import { readQuery } from '../../http/read-form.ts'
import { webFaults } from '../faults.ts'
import { consoleNotice } from './console-notices.ts'
import type { ConsolePages } from './console-pages.ts'
import { type ConsoleDeps, leaveConsole, noticeOfEnd, requireVisit, type Visit } from './console-session.ts'
import { refusedLocals } from './refused-words.ts'

export type InConsoleDeps = ConsoleDeps & { consolePages: ConsolePages }

/**
 * A page of the console, for whoever is in it. All others are sent to where they get in, and what an action refuses
 * becomes a page that says so.
 */
export function inConsole(
  deps: InConsoleDeps,
  handle: (request: Request, response: Response, visit: Visit) => Promise<void>,
) {
  return async (request: Request, response: Response): Promise<void> => {
    if (request.session.identity === undefined) return response.redirect(303, '/?notice=required')
    if (request.session.console === undefined) return response.redirect(303, '/console?notice=choose')
    try {
      const visit = await requireVisit(deps, request)
      await handle(request, response, visit).catch(error =>
        showRefused(deps, request, response, visit, error),
      )
    } catch (error) {
      const notice = noticeOfEnd(error)
      if (notice === undefined) throw error
      await leaveConsole(deps, request)
      response.redirect(303, `/console?notice=${notice}`)
    }
  }
}

/** A no of an action, in words. It is in the audit log already, under the action's name. */
async function showRefused(
  { consolePages, factsOf }: InConsoleDeps,
  request: Request,
  response: Response,
  visit: Visit,
  error: unknown,
): Promise<void> {
  if (!(error instanceof CallRefused) || noticeOfEnd(error) !== undefined) throw error
  // What was done is said also to whoever may not look at it afterwards.
  const notice = consoleNotice(readQuery(request.url).get('notice'))
  const locals = { ...refusedLocals(error), notice, requestId: factsOf(request).requestId }
  const [status] = webFaults[error.reason]
  await consolePages.render(request, response, visit, 'console/refused', locals, status)
}
