import type { Result } from '../../../aws/action.ts'
import { allowed } from '../allowed.ts'
import type { Visit } from '../console-session.ts'
import { structuresIn, textIn } from '../read-answer.ts'
import { type Moment, momentOf } from './moments.ts'

/** How one rotation went, or goes. */
export type ShownTurn = {
  isTest: boolean
  state: string
  tone: 'good' | 'bad' | 'plain'
  step: string | undefined
  attempts: string | undefined
  reason: string | undefined
  begun: Moment | undefined
  ended: Moment | undefined
}

const action = 'secretsmanager:ListSecretRotations'

/** Undefined where the service keeps none. */
export async function findHistory(
  visit: Visit,
  arn: string,
): Promise<{ found: ShownTurn[] } | { denied: string } | undefined> {
  if (!visit.offers(action)) return undefined
  return allowed(
    visit.call(action, { SecretId: arn }).then(answer => ({
      found: structuresIn(answer, 'Rotations').map(turnIn),
    })),
  )
}

function turnIn(turn: Result): ShownTurn {
  const state = (textIn(turn, 'State') ?? '').toLowerCase()
  return {
    isTest: (textIn(turn, 'Kind') ?? '').toLowerCase() === 'test',
    state,
    tone: state === 'succeeded' ? 'good' : state === 'failed' || state === 'failing' ? 'bad' : 'plain',
    step: textIn(turn, 'Step'),
    attempts: textIn(turn, 'Attempts'),
    reason: textIn(turn, 'Reason'),
    begun: momentOf(textIn(turn, 'StartedDate')),
    ended: momentOf(textIn(turn, 'EndedDate')),
  }
}
