import { randomUUID } from 'node:crypto'
import express, { type Request, type Response, type Router } from 'express'
import { Refusal } from '../../../base/refusal.ts'
import { postedForm } from '../../posted-form.ts'
import type { Visit } from '../console-session.ts'
import { type InConsoleDeps, inConsole } from '../in-console.ts'
import { backTo, secretsPath } from './secret-address.ts'
import type { ShownSecret } from './secret-answers.ts'

/** The buttons by what they do: the action, what it takes besides, and what is said afterwards. */
const turns = {
  rotate: {
    action: 'secretsmanager:RotateSecret',
    more: () => ({ ClientRequestToken: randomUUID() }),
    notice: 'secret-rotation-begun',
  },
  cancel: {
    action: 'secretsmanager:CancelRotateSecret',
    more: () => ({}),
    notice: 'secret-rotation-off',
  },
} as const
type Turn = keyof typeof turns

export function createRotationRoutes(deps: InConsoleDeps): Router {
  const router = express.Router()
  for (const turn of Object.keys(turns) as Turn[]) {
    router.post(`${secretsPath}/${turn}`, inConsole(deps, doTurn(turn)))
  }
  return router
}

/** What the page may offer, of what the service has. Whether the role may is asked when it is done. */
export function rotationOffer({ offers }: Visit, { rotation, deleted }: ShownSecret) {
  const canBe = rotation.rotator !== undefined && deleted === undefined
  return {
    rotate: canBe && offers(turns.rotate.action),
    cancel: canBe && rotation.enabled && offers(turns.cancel.action),
  }
}

function doTurn(turn: Turn) {
  const { action, more, notice } = turns[turn]
  return async (request: Request, response: Response, visit: Visit): Promise<void> => {
    const id = (await postedForm(request)).get('id') ?? ''
    if (!visit.offers(action)) throw new Refusal('request.unknownAction', { detail: action })
    await visit.call(action, { SecretId: id, ...more() })
    backTo(response, id, notice)
  }
}
