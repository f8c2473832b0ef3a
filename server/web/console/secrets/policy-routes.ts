import express, { type Request, type Response, type Router } from 'express'
import { Refusal } from '../../../base/refusal.ts'
import { postedForm } from '../../posted-form.ts'
import { allowed } from '../allowed.ts'
import type { Visit } from '../console-session.ts'
import { type InConsoleDeps, inConsole } from '../in-console.ts'
import { textIn } from '../read-answer.ts'
import { isMendable, type Mendable, mendably } from './mendable.ts'
import { countInWords, findingsIn, laidOut, linesWith } from './policy-lines.ts'
import { askedIn, backTo, linksOf, nameInArn, secretForm, secretsPath } from './secret-address.ts'

/** As PutResourcePolicy takes it. */
const mostCharacters = 20_480

/** What the page is to say of the policy that it shows. */
type Shown = {
  id: string
  text: string
  /** Whether a policy that is for everybody shall be refused. */
  isGuarded: boolean
  isChecked?: boolean
  isSaved?: boolean
  problem?: string
  /** What saving it was answered, for whoever may not have it checked. */
  warnings?: readonly string[]
}

export function createPolicyRoutes(deps: InConsoleDeps): Router {
  const router = express.Router()
  const page = `${secretsPath}/policy`
  router.get(
    page,
    inConsole(deps, async (request, response, visit) => {
      const { id } = askedIn(request)
      const answer = await visit.call('secretsmanager:GetResourcePolicy', { SecretId: id })
      const text = laidOut(textIn(answer, 'ResourcePolicy') ?? '')
      await show(deps, request, response, visit, { id: textIn(answer, 'ARN') ?? id, text, isGuarded: true })
    }),
  )
  router.post(page, inConsole(deps, checkOrSave(deps)))
  router.post(`${page}/delete`, inConsole(deps, remove))
  return router
}

/** Two buttons of one form, which say which one it was. */
function checkOrSave(deps: InConsoleDeps) {
  return async (request: Request, response: Response, visit: Visit): Promise<void> => {
    const form = await postedForm(request, secretForm)
    const typed = (form.get('policy') ?? '').replaceAll('\r\n', '\n')
    const shown = {
      id: form.get('id') ?? '',
      text: laidOut(typed.slice(0, mostCharacters)),
      isGuarded: form.get('guard') === 'on',
    }
    const problem = wrongWith(typed)
    if (problem !== undefined) return show(deps, request, response, visit, { ...shown, problem })
    if (form.get('do') === 'check') return show(deps, request, response, visit, { ...shown, isChecked: true })
    if (form.get('do') !== 'save') throw new Refusal('request.invalid')
    await show(deps, request, response, visit, { ...shown, ...(await save(visit, shown)) })
  }
}

async function save(visit: Visit, { id, text, isGuarded }: Shown): Promise<Partial<Shown>> {
  const warnings: string[] = []
  const asked = { SecretId: id, ResourcePolicy: text, BlockPublicPolicy: isGuarded }
  const done = await mendably(
    visit.call('secretsmanager:PutResourcePolicy', asked, warning => void warnings.push(warning)),
  )
  if (isMendable(done)) return { isChecked: true, problem: wordsOf(done) }
  return { isChecked: true, isSaved: true, warnings }
}

async function remove(request: Request, response: Response, visit: Visit): Promise<void> {
  const id = (await postedForm(request)).get('id') ?? ''
  await visit.call('secretsmanager:DeleteResourcePolicy', { SecretId: id })
  backTo(response, id, 'secret-policy-deleted')
}

function wrongWith(text: string): string | undefined {
  if (text.trim() === '') return 'There is no policy. To have none, delete the one that there is.'
  if (text.length <= mostCharacters) return undefined
  return `The policy is longer than ${mostCharacters.toLocaleString('en-GB')} characters. What is below breaks off there.`
}

function wordsOf({ reason, problem }: Mendable): string {
  if (reason !== 'secret.publicPolicy') return `Nothing is saved. ${problem}`
  return 'Nothing is saved: this policy is for everybody, and you asked to refuse one that is.'
}

async function show(
  { consolePages }: InConsoleDeps,
  request: Request,
  response: Response,
  visit: Visit,
  shown: Shown,
): Promise<void> {
  const asked = { PolicyDocument: shown.text, PolicyKind: 'Resource' }
  const lint = async () => ({ found: findingsIn(await visit.call('iam:LintPolicy', asked)) })
  const checked = shown.isChecked ? await allowed(lint()) : undefined
  const found = checked !== undefined && 'found' in checked ? checked.found : undefined
  const locals = {
    title: 'Policy of a secret',
    ...shown,
    link: linksOf(shown.id),
    name: nameInArn(shown.id),
    mostCharacters,
    problem: shown.problem,
    warnings: shown.warnings ?? [],
    isSaved: shown.isSaved === true,
    denied: checked !== undefined && 'denied' in checked ? checked.denied : undefined,
    found,
    count: found && countInWords(found),
    lines: found && linesWith(shown.text, found),
  }
  const isDenied = locals.denied !== undefined && !locals.isSaved
  const status = shown.problem !== undefined ? 400 : isDenied ? 403 : 200
  await consolePages.render(request, response, visit, 'console/secrets/policy', locals, status)
}
