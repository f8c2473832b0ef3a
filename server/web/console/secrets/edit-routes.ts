import express, { type Request, type Response, type Router } from 'express'
import { postedForm } from '../../posted-form.ts'
import type { Visit } from '../console-session.ts'
import { type InConsoleDeps, inConsole } from '../in-console.ts'
import { isMendable, mendably } from './mendable.ts'
import { addressOf, askedIn, linksOf, noticeIn, secretForm, secretsPath } from './secret-address.ts'
import { secretIn } from './secret-answers.ts'

const page = `${secretsPath}/edit`

/** What was typed, where it could not be taken. */
type Typed = { description?: string; tag?: { key: string; value: string }; problem?: string }

/** Description and tags: a form for each, since each is a permission of its own. */
export function createEditRoutes(deps: InConsoleDeps): Router {
  const router = express.Router()
  router.get(
    page,
    inConsole(deps, (request, response, visit) =>
      show(deps, request, response, visit, askedIn(request).id, {}),
    ),
  )
  router.post(`${page}/description`, inConsole(deps, describe(deps)))
  router.post(`${page}/tag`, inConsole(deps, tag(deps)))
  router.post(`${page}/untag`, inConsole(deps, untag))
  return router
}

function describe(deps: InConsoleDeps) {
  return async (request: Request, response: Response, visit: Visit): Promise<void> => {
    const form = await postedForm(request, secretForm)
    const id = form.get('id') ?? ''
    const description = (form.get('description') ?? '').replaceAll('\r\n', '\n').trim()
    const done = await mendably(
      visit.call('secretsmanager:UpdateSecret', { SecretId: id, Description: description }),
    )
    if (isMendable(done))
      return show(deps, request, response, visit, id, { description, problem: done.problem })
    response.redirect(303, addressOf('edit', id, { notice: 'secret-described' }))
  }
}

function tag(deps: InConsoleDeps) {
  return async (request: Request, response: Response, visit: Visit): Promise<void> => {
    const form = await postedForm(request, secretForm)
    const id = form.get('id') ?? ''
    const typed = { key: (form.get('key') ?? '').trim(), value: (form.get('value') ?? '').trim() }
    const asked = { SecretId: id, Tags: [{ Key: typed.key, Value: typed.value }] }
    const done = await mendably(visit.call('secretsmanager:TagResource', asked))
    if (isMendable(done))
      return show(deps, request, response, visit, id, { tag: typed, problem: done.problem })
    response.redirect(303, addressOf('edit', id, { notice: 'secret-tagged' }))
  }
}

async function untag(request: Request, response: Response, visit: Visit): Promise<void> {
  const form = await postedForm(request)
  const id = form.get('id') ?? ''
  await visit.call('secretsmanager:UntagResource', { SecretId: id, TagKeys: [form.get('key') ?? ''] })
  response.redirect(303, addressOf('edit', id, { notice: 'secret-untagged' }))
}

async function show(
  { consolePages }: InConsoleDeps,
  request: Request,
  response: Response,
  visit: Visit,
  id: string,
  { description, tag, problem }: Typed,
): Promise<void> {
  const secret = secretIn(await visit.call('secretsmanager:DescribeSecret', { SecretId: id }))
  const locals = {
    title: 'Description and tags',
    notice: problem === undefined ? noticeIn(request) : undefined,
    secret,
    link: linksOf(secret.arn),
    description: description ?? secret.description,
    tag: tag ?? { key: '', value: '' },
    problems: tag === undefined ? { description: problem } : { tag: problem },
  }
  const status = problem === undefined ? 200 : 400
  await consolePages.render(request, response, visit, 'console/secrets/edit', locals, status)
}
