import express, { type Request, type Response, type Router } from 'express'
import { postedForm } from '../../posted-form.ts'
import type { Visit } from '../console-session.ts'
import { type InConsoleDeps, inConsole } from '../in-console.ts'
import { askedIn, backTo, linksOf, secretsPath } from './secret-address.ts'
import { current, secretIn } from './secret-answers.ts'

/** Labels (the wire calls them stages) from one version to another, each move with a page that says what it does. */
export function createStageRoutes(deps: InConsoleDeps): Router {
  const router = express.Router()
  router.get(`${secretsPath}/stage`, inConsole(deps, showMove(deps)))
  router.post(`${secretsPath}/stage`, inConsole(deps, move))
  return router
}

/** Without a label it is the choice of one; without a version to go to, a label is taken off. */
function showMove({ consolePages }: InConsoleDeps) {
  return async (request: Request, response: Response, visit: Visit): Promise<void> => {
    const { id, query } = askedIn(request)
    const secret = secretIn(await visit.call('secretsmanager:DescribeSecret', { SecretId: id }))
    const [label, to] = [query.get('stage')?.trim() ?? '', query.get('to') ?? '']
    const from = secret.labels.get(label)
    const locals = {
      title: label === '' ? 'Bring a label here' : to === '' ? 'Take a label off' : 'Move a label',
      secret,
      link: linksOf(secret.arn),
      label,
      to,
      from,
      isCurrent: label === current,
      elsewhere: [...secret.labels].filter(([, at]) => at !== to),
    }
    await consolePages.render(request, response, visit, 'console/secrets/stage', locals)
  }
}

/** From where it was when the page said so: what was moved meanwhile is not moved again unseen. */
async function move(request: Request, response: Response, visit: Visit): Promise<void> {
  const form = await postedForm(request)
  const [id, to] = [form.get('id') ?? '', form.get('to') ?? '']
  await visit.call('secretsmanager:UpdateSecretVersionStage', {
    SecretId: id,
    VersionStage: form.get('stage') ?? '',
    RemoveFromVersionId: emptyAsNone(form.get('from')),
    MoveToVersionId: emptyAsNone(to),
  })
  backTo(response, id, to === '' ? 'secret-label-removed' : 'secret-label-moved')
}

function emptyAsNone(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
