import express, { type Request, type Response, type Router } from 'express'
import { postedForm } from '../../posted-form.ts'
import type { Visit } from '../console-session.ts'
import { type InConsoleDeps, inConsole } from '../in-console.ts'
import { askedIn, backTo, linksOf, secretsPath } from './secret-address.ts'
import { secretIn } from './secret-answers.ts'

/** @see AWS Secrets Manager API reference, DeleteSecret, RecoveryWindowInDays */
const usualDays = '30'

/** Only with a window to restore it in: what is gone at once, no page should make a click of. */
export function createDeleteRoutes(deps: InConsoleDeps): Router {
  const router = express.Router()
  router.get(
    `${secretsPath}/delete`,
    inConsole(deps, (request, response, visit) =>
      show(deps, request, response, visit, { id: askedIn(request).id, days: usualDays }),
    ),
  )
  router.post(`${secretsPath}/delete`, inConsole(deps, remove(deps)))
  router.post(`${secretsPath}/restore`, inConsole(deps, restore))
  return router
}

function remove(deps: InConsoleDeps) {
  return async (request: Request, response: Response, visit: Visit): Promise<void> => {
    const form = await postedForm(request)
    const [id, days] = [form.get('id') ?? '', (form.get('days') ?? '').trim()]
    // Left out it would be thirty days, unseen; and the audit log has what is refused for its days as if it were done.
    if (!/^(?:[7-9]|[12]\d|30)$/.test(days)) {
      const problem = 'The window is 7 to 30 days, in whole days.'
      return show(deps, request, response, visit, { id, days, problem })
    }
    await visit.call('secretsmanager:DeleteSecret', { SecretId: id, RecoveryWindowInDays: days })
    backTo(response, id, 'secret-deleted')
  }
}

async function restore(request: Request, response: Response, visit: Visit): Promise<void> {
  const id = (await postedForm(request)).get('id') ?? ''
  await visit.call('secretsmanager:RestoreSecret', { SecretId: id })
  backTo(response, id, 'secret-restored')
}

async function show(
  { consolePages }: InConsoleDeps,
  request: Request,
  response: Response,
  visit: Visit,
  { id, days, problem }: { id: string; days: string; problem?: string },
): Promise<void> {
  const secret = secretIn(await visit.call('secretsmanager:DescribeSecret', { SecretId: id }))
  const locals = { title: 'Delete a secret', secret, link: linksOf(secret.arn), days, problem }
  const status = problem === undefined ? 200 : 400
  await consolePages.render(request, response, visit, 'console/secrets/delete', locals, status)
}
