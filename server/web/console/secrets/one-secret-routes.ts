import express, { type Request, type Response, type Router } from 'express'
import { allowed } from '../allowed.ts'
import type { Visit } from '../console-session.ts'
import { type InConsoleDeps, inConsole } from '../in-console.ts'
import { findHistory } from './rotation-history.ts'
import { rotationOffer } from './rotation-routes.ts'
import { askedIn, linksOf, noticeIn, secretsPath } from './secret-address.ts'
import { current, secretIn, versionsIn } from './secret-answers.ts'

const perPage = 50

/** One secret: what is known of it, and its versions as they came. */
export function createOneSecretRoutes(deps: InConsoleDeps): Router {
  const router = express.Router()
  router.get(`${secretsPath}/secret`, inConsole(deps, showSecret(deps)))
  return router
}

function showSecret({ consolePages }: InConsoleDeps) {
  return async (request: Request, response: Response, visit: Visit): Promise<void> => {
    const { id, query } = askedIn(request)
    const secret = secretIn(await visit.call('secretsmanager:DescribeSecret', { SecretId: id }))
    const [versions, history] = await Promise.all([
      allowed(listVersions(visit, secret.arn, query.get('after'))),
      findHistory(visit, secret.arn),
    ])
    const locals = {
      title: secret.name,
      notice: noticeIn(request),
      secret,
      link: linksOf(secret.arn),
      currentId: secret.labels.get(current),
      versions,
      isFirst: query.get('after') === undefined,
      history,
      offer: rotationOffer(visit, secret),
    }
    await consolePages.render(request, response, visit, 'console/secrets/secret', locals)
  }
}

/** With those that no label is at any more: they are what came before. */
async function listVersions(visit: Visit, arn: string, after: string | undefined) {
  const asked = { SecretId: arn, IncludeDeprecated: true, MaxResults: perPage, NextToken: after }
  return versionsIn(await visit.call('secretsmanager:ListSecretVersionIds', asked))
}
