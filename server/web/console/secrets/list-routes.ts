import express, { type Request, type Response, type Router } from 'express'
import { readQuery } from '../../../http/read-form.ts'
import type { Visit } from '../console-session.ts'
import { type InConsoleDeps, inConsole } from '../in-console.ts'
import { structuresIn, textIn } from '../read-answer.ts'
import { linksOf, secretsPath } from './secret-address.ts'
import { type ShownSecret, secretIn } from './secret-answers.ts'

const perPage = 50

/** What to look for, as the address has it: a search is a link that one can keep. */
type Search = { words: string; by: 'all' | 'name'; withDeleted: boolean }

export function createListRoutes(deps: InConsoleDeps): Router {
  const router = express.Router()
  router.get(secretsPath, inConsole(deps, showList(deps)))
  return router
}

function showList({ consolePages }: InConsoleDeps) {
  return async (request: Request, response: Response, visit: Visit): Promise<void> => {
    const query = readQuery(request.url)
    const search: Search = {
      words: (query.get('words') ?? '').trim(),
      by: query.get('by') === 'name' ? 'name' : 'all',
      withDeleted: query.get('deleted') === 'shown',
    }
    const after = query.get('after')
    const { found, next } = await listSecrets(visit, search, after)
    const locals = {
      title: 'Secrets',
      search,
      secrets: found.map(one => ({ ...one, href: linksOf(one.arn)('secret') })),
      isFirst: after === undefined,
      first: addressFor(search),
      next: next === undefined ? undefined : addressFor(search, next),
      withDeleted: addressFor({ ...search, withDeleted: true }),
    }
    await consolePages.render(request, response, visit, 'console/secrets/list', locals)
  }
}

async function listSecrets(
  visit: Visit,
  { words, by, withDeleted }: Search,
  after: string | undefined,
): Promise<{ found: ShownSecret[]; next: string | undefined }> {
  const answer = await visit.call('secretsmanager:ListSecrets', {
    Filters: words === '' ? undefined : [{ Key: by, Values: [words] }],
    IncludePlannedDeletion: withDeleted,
    MaxResults: perPage,
    NextToken: after,
  })
  return { found: structuresIn(answer, 'SecretList').map(secretIn), next: textIn(answer, 'NextToken') }
}

function addressFor({ words, by, withDeleted }: Search, after?: string): string {
  const query = new URLSearchParams({
    ...(words === '' ? {} : { words, by }),
    ...(withDeleted ? { deleted: 'shown' } : {}),
    ...(after === undefined ? {} : { after }),
  })
  return query.size === 0 ? secretsPath : `${secretsPath}?${query}`
}
