import express, { type Router } from 'express'
import { Refusal } from '../base/refusal.ts'
import { readBody } from '../http/read-body.ts'
import { readForm } from '../http/read-form.ts'
import type { ProofVerifiers } from '../identity/proof-verifiers.ts'
import { refuseSignIn, type SignInDeps, startSession } from './start-session.ts'

export type DirectoryRouteDeps = SignInDeps & { proofs: Pick<ProofVerifiers, 'verifyDirectoryPassword'> }

const bodyLimits = { maxBytes: 8 * 1024, timeoutMs: 10_000 }

/** Where the sign-in page's form with a user name and a password goes. */
export function createDirectoryRoutes(deps: DirectoryRouteDeps): Router {
  const { proofs, factsOf } = deps
  const router = express.Router()
  router.post('/sign-in/directory', async (request, response) => {
    response.set('cache-control', 'no-store')
    try {
      const form = readForm(await readBody(request, bodyLimits))
      const [username, password] = [form.get('username')?.trim() ?? '', form.get('password') ?? '']
      if (username === '' || password === '')
        throw new Refusal('password.refused', { detail: 'an empty field' })
      const identity = await proofs.verifyDirectoryPassword(username, password, factsOf(request).sourceIp)
      await startSession(deps, request, identity)
    } catch (error) {
      return refuseSignIn(deps, request, response, error)
    }
    response.redirect(303, '/roles')
  })
  return router
}
