import type { Result } from '../../../aws/action.ts'
import { allowed } from '../allowed.ts'
import type { Visit } from '../console-session.ts'
import { structuresIn, textIn } from '../read-answer.ts'
import { type Moment, momentOf } from './moments.ts'

/** How one rotation went, or goes. */
export type ShownTurn = {
  isTest: boolean
  words: string
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

const states: Readonly<Record<string, Pick<ShownTurn, 'words' | 'tone'>>> = {
  running: { words: 'under way', tone: 'plain' },
  paused: { words: 'waits until the secret is restored', tone: 'plain' },
  failing: { words: 'failing, and tried again', tone: 'bad' },
  succeeded: { words: 'succeeded', tone: 'good' },
  failed: { words: 'failed', tone: 'bad' },
  abandoned: { words: 'given up', tone: 'plain' },
}

function turnIn(turn: Result): ShownTurn {
  const state = textIn(turn, 'State') ?? ''
  return {
    isTest: textIn(turn, 'Kind') === 'test',
    ...(states[state] ?? { words: state, tone: 'plain' }),
    step: textIn(turn, 'Step'),
    attempts: textIn(turn, 'Attempts'),
    reason: textIn(turn, 'Reason'),
    begun: momentOf(textIn(turn, 'StartedDate')),
    ended: momentOf(textIn(turn, 'EndedDate')),
  }
}
