import express, { type Router } from 'express'
import type { InConsoleDeps } from '../in-console.ts'
import { createCreateRoutes } from './create-routes.ts'
import { createDeleteRoutes } from './delete-routes.ts'
import { createEditRoutes } from './edit-routes.ts'
import { createListRoutes } from './list-routes.ts'
import { createOneSecretRoutes } from './one-secret-routes.ts'
import { createPolicyRoutes } from './policy-routes.ts'
import { createRotationRoutes } from './rotation-routes.ts'
import { createStageRoutes } from './stage-routes.ts'
import { createValueRoutes } from './value-routes.ts'

/**
 * Secrets, by the actions of Secrets Manager's wire alone. A value comes in and goes out in a POST: it stands in no
 * address, no session, no log, and in one page only, which answers the POST that asked for it.
 */
export function createSecretRoutes(deps: InConsoleDeps): Router {
  const router = express.Router()
  for (const create of [
    createListRoutes,
    createCreateRoutes,
    createOneSecretRoutes,
    createValueRoutes,
    createStageRoutes,
    createEditRoutes,
    createDeleteRoutes,
    createPolicyRoutes,
    createRotationRoutes,
  ])
    router.use(create(deps))
  return router
}
