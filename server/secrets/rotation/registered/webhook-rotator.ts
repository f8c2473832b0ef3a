import { randomUUID } from 'node:crypto'
import { type Clock, toSeconds } from '../../../base/clock.ts'
import type { Outbound } from '../../../base/outbound.ts'
import { Refusal } from '../../../base/refusal.ts'
import { type RotationDesk, RotationFailure, type RotationStep, type Rotator } from '../rotator.ts'
import { signWebhook } from './webhook-secret.ts'

type Webhook = {
  url: string
  /** @throws {RotationFailure} */
  key(): Buffer
  /** By which PutSecretValue knows a request that belongs to this attempt. */
  proof: string
}

/**
 * Has the steps done elsewhere. Each is told as AWS tells a Lambda function; whoever is told does its work by calling
 * Secrets Manager with credentials of its own.
 *
 * @see AWS Secrets Manager User Guide, "Lambda rotation functions"
 */
export function createWebhookRotator(
  { url, key, proof }: Webhook,
  { outbound, clock }: { outbound: Outbound; clock: Clock },
): Rotator {
  const call = (step: RotationStep) => async (desk: RotationDesk, signal: AbortSignal) => {
    const body = JSON.stringify({
      Step: step,
      SecretId: desk.secretArn,
      ClientRequestToken: desk.token,
      RotationToken: proof,
    })
    // A new id each time: a receiver that passes over what it has seen would pass over a step that is run again.
    const signed = signWebhook(key(), `msg_${randomUUID()}`, toSeconds(clock()), body)
    const headers = { 'content-type': 'application/json', ...signed }
    const status = await statusOf(outbound.fetchText(url, { method: 'POST', headers, body, signal }))
    if (status < 200 || status > 299)
      throw new RotationFailure(`the rotator answered with the status ${status}`)
  }
  return {
    createSecret: call('createSecret'),
    setSecret: call('setSecret'),
    testSecret: call('testSecret'),
    finishSecret: call('finishSecret'),
  }
}

async function statusOf(answer: Promise<{ status: number }>): Promise<number> {
  try {
    return (await answer).status
  } catch (error) {
    // Why not is for the log: shown, it would tell whoever registers rotators what listens where in our network.
    if (error instanceof Refusal) throw new RotationFailure('the rotator gave no answer', { cause: error })
    throw error
  }
}
