import { randomUUID } from 'node:crypto'
import express, { type Request, type Response, type Router } from 'express'
import { postedForm } from '../../posted-form.ts'
import type { Visit } from '../console-session.ts'
import { type InConsoleDeps, inConsole } from '../in-console.ts'
import { textIn } from '../read-answer.ts'
import { isMendable, type Mendable, mendably } from './mendable.ts'
import { backTo, secretForm, secretsPath } from './secret-address.ts'
import { mostPairs, type Typed, typedValue, type Way, wayIn } from './typed-value.ts'

const page = `${secretsPath}/new`
const tagRows = 3
const names = /^[A-Za-z0-9/_+=.@!-]{1,512}$/
const mostDescribed = 2048

/** All that was typed but the value, which goes back into no page. */
type Draft = { name: string; description: string; tags: { key: string; value: string }[]; way: Way }
type Problems = Partial<Record<'name' | 'description' | 'tags' | 'value' | 'form', string>>

export function createCreateRoutes(deps: InConsoleDeps): Router {
  const router = express.Router()
  router.get(
    page,
    inConsole(deps, (request, response, visit) => show(deps, request, response, visit, emptyDraft, {})),
  )
  router.post(page, inConsole(deps, create(deps)))
  return router
}

const emptyTag = { key: '', value: '' }
const emptyDraft: Draft = { name: '', description: '', tags: [], way: 'text' }

function create(deps: InConsoleDeps) {
  return async (request: Request, response: Response, visit: Visit): Promise<void> => {
    const form = await postedForm(request, secretForm)
    const draft = draftIn(form)
    const typed = typedValue(form)
    const problems = problemsOf(draft, typed)
    if (Object.keys(problems).length > 0 || 'problem' in typed) {
      return show(deps, request, response, visit, draft, problems)
    }
    const made = await mendably(
      visit.call('secretsmanager:CreateSecret', {
        Name: draft.name,
        // Sent once more by a second click, it is the same request.
        ClientRequestToken: form.get('token'),
        Description: draft.description === '' ? undefined : draft.description,
        Tags: draft.tags.map(({ key, value }) => ({ Key: key, Value: value })),
        ...typed.value,
      }),
    )
    if (isMendable(made)) return show(deps, request, response, visit, draft, placed(made))
    backTo(response, textIn(made, 'ARN') ?? draft.name, 'secret-made')
  }
}

function draftIn(form: ReadonlyMap<string, string>): Draft {
  const rows = Array.from({ length: tagRows }, (_, n) => ({
    key: (form.get(`tag-key-${n + 1}`) ?? '').trim(),
    value: (form.get(`tag-value-${n + 1}`) ?? '').trim(),
  }))
  return {
    name: (form.get('name') ?? '').trim(),
    description: (form.get('description') ?? '').replaceAll('\r\n', '\n').trim(),
    tags: rows.filter(({ key, value }) => key !== '' || value !== ''),
    way: wayIn(form),
  }
}

function problemsOf({ name, description, tags }: Draft, typed: Typed): Problems {
  const problems: Problems = {}
  if (name === '') problems.name = 'It needs a name.'
  else if (!names.test(name))
    problems.name = 'A name is up to 512 letters, digits and any of / _ + = . @ ! - and nothing else.'
  if (description.length > mostDescribed)
    problems.description = `That is longer than ${mostDescribed} characters.`
  if (tags.some(({ key }) => key === '')) problems.tags = 'A tag has a value and no key.'
  if ('problem' in typed) problems.value = typed.problem
  return problems
}

/** Where what the wire refused is to be mended. */
function placed({ reason, problem }: Mendable): Problems {
  if (reason === 'entity.exists') return { name: 'There is a secret with this name already.' }
  return reason === 'tags.invalid' ? { tags: problem } : { form: problem }
}

async function show(
  { consolePages }: InConsoleDeps,
  request: Request,
  response: Response,
  visit: Visit,
  draft: Draft,
  problems: Problems,
): Promise<void> {
  const rows = Array.from({ length: tagRows }, (_, n) => draft.tags[n] ?? emptyTag)
  const isAgain = Object.keys(problems).length > 0
  const locals = {
    title: 'New secret',
    draft: { ...draft, rows },
    problems,
    isAgain,
    mostPairs,
    mostDescribed,
    token: randomUUID(),
  }
  await consolePages.render(request, response, visit, 'console/secrets/new', locals, isAgain ? 400 : 200)
}
