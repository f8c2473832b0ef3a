import express, { type Router } from 'express'
import { Refusal } from '../base/refusal.ts'
import type { ProofVerifiers } from '../identity/proof-verifiers.ts'
import type { Pages } from './pages.ts'
import { postedForm } from './posted-form.ts'
import { refuseSignIn, type SignInDeps, startSession } from './start-session.ts'

export type DirectoryRouteDeps = SignInDeps & {
  pages: Pages
  proofs: Pick<ProofVerifiers, 'verifyDirectoryPassword'>
  directoryName: string
}

export const directoryPath = '/sign-in/directory'

/** The form with a user name and a password, which the sign-in page shows as well, and where it goes. */
export function createDirectoryRoutes(deps: DirectoryRouteDeps): Router {
  const { pages, proofs, factsOf, directoryName } = deps
  const router = express.Router()
  router.get(directoryPath, (request, response) =>
    pages.render(response, 'log-in', { title: 'Log in', person: request.session.identity, directoryName }),
  )
  router.post(directoryPath, async (request, response) => {
    response.set('cache-control', 'no-store')
    try {
      const form = await postedForm(request)
      const [username, password] = [form.get('username')?.trim() ?? '', form.get('password') ?? '']
      if (username === '' || password === '')
        throw new Refusal('password.refused', { detail: 'an empty field' })
      const identity = await proofs.verifyDirectoryPassword(username, password, factsOf(request).sourceIp)
      response.redirect(303, await startSession(deps, request, identity, directoryPath))
    } catch (error) {
      await refuseSignIn(deps, request, response, error)
    }
  })
  return router
}
