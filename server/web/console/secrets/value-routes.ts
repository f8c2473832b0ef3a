import { randomUUID } from 'node:crypto'
import express, { type Request, type Response, type Router } from 'express'
import { postedForm } from '../../posted-form.ts'
import type { Visit } from '../console-session.ts'
import { type InConsoleDeps, inConsole } from '../in-console.ts'
import { textIn, textsIn } from '../read-answer.ts'
import { isMendable, mendably } from './mendable.ts'
import { momentOf } from './moments.ts'
import { revealedIn } from './revealed-value.ts'
import { askedIn, backTo, linksOf, secretForm, secretsPath } from './secret-address.ts'
import { type ShownSecret, secretIn } from './secret-answers.ts'
import { mostPairs, typedValue, type Way, wayIn } from './typed-value.ts'

/** Values in and out. There is no GET that shows one: nothing that is followed, fetched ahead or kept may be a look. */
export function createValueRoutes(deps: InConsoleDeps): Router {
  const router = express.Router()
  const page = `${secretsPath}/new-value`
  router.get(
    page,
    inConsole(deps, async (request, response, visit) => {
      await show(deps, request, response, visit, { id: askedIn(request).id, way: 'text' })
    }),
  )
  router.post(page, inConsole(deps, putValue(deps)))
  router.post(`${secretsPath}/value`, inConsole(deps, reveal(deps)))
  return router
}

function putValue(deps: InConsoleDeps) {
  return async (request: Request, response: Response, visit: Visit): Promise<void> => {
    const form = await postedForm(request, secretForm)
    const [id, way, typed] = [form.get('id') ?? '', wayIn(form), typedValue(form)]
    if ('problem' in typed) return show(deps, request, response, visit, { id, way, problem: typed.problem })
    const asked = { SecretId: id, ClientRequestToken: form.get('token'), ...typed.value }
    const put = await mendably(visit.call('secretsmanager:PutSecretValue', asked))
    if (isMendable(put)) return show(deps, request, response, visit, { id, way, problem: put.problem })
    backTo(response, textIn(put, 'ARN') ?? id, 'secret-value-put')
  }
}

async function show(
  { consolePages }: InConsoleDeps,
  request: Request,
  response: Response,
  visit: Visit,
  { id, way, problem }: { id: string; way: Way; problem?: string },
): Promise<void> {
  const secret: ShownSecret = secretIn(await visit.call('secretsmanager:DescribeSecret', { SecretId: id }))
  const locals = {
    title: 'New value',
    secret,
    link: linksOf(secret.arn),
    way,
    problem,
    mostPairs,
    token: randomUUID(),
  }
  const status = problem === undefined ? 200 : 400
  await consolePages.render(request, response, visit, 'console/secrets/new-value', locals, status)
}

/** INVARIANT: the row in the audit log is durable before the value is here (GetSecretValue writes it first). */
function reveal({ consolePages }: InConsoleDeps) {
  return async (request: Request, response: Response, visit: Visit): Promise<void> => {
    const form = await postedForm(request)
    // Without a version it is the current one, by its label: a policy may allow that one alone.
    const version = form.get('version') ?? ''
    const answer = await visit.call('secretsmanager:GetSecretValue', {
      SecretId: form.get('id') ?? '',
      VersionId: version === '' ? undefined : version,
    })
    const [arn = '', name] = [textIn(answer, 'ARN'), textIn(answer, 'Name')]
    const locals = {
      title: 'Value of a secret',
      name,
      link: linksOf(arn),
      version: {
        id: textIn(answer, 'VersionId'),
        labels: textsIn(answer, 'VersionStages'),
        created: momentOf(textIn(answer, 'CreatedDate')),
      },
      value: revealedIn(answer),
    }
    await consolePages.render(request, response, visit, 'console/secrets/value', locals)
  }
}
