import { createHmac, randomBytes } from 'node:crypto'
import type { Keyring } from '../../../keys/keyring.ts'
import { openRecord, sealRecord } from '../../../keys/sealed-record.ts'
import { RotationFailure } from '../rotator.ts'

const prefix = 'whsec_'

/** What the requests to a webhook are signed with, as its owner is shown it once, and as it is kept. */
export function newRotatorSecret(keyring: Keyring, name: string): { shown: string; sealed: Buffer } {
  const key = randomBytes(32)
  return {
    shown: prefix + key.toString('base64'),
    sealed: sealRecord(keyring, 'secret-at-rest', key, rotatorBound(name)),
  }
}

/** @throws {RotationFailure} */
export function openRotatorSecret(keyring: Keyring, name: string, sealed: Buffer): Buffer {
  const key = openRecord(keyring, 'secret-at-rest', sealed, rotatorBound(name))
  if (key === undefined) throw new RotationFailure('the rotator’s signing secret can’t be opened')
  return key
}

function rotatorBound(name: string): string {
  return `rotator:${name}`
}

/**
 * The headers by which a receiver knows that a request is ours, and new.
 *
 * @see Standard Webhooks, "Signature scheme"
 */
export function signWebhook(key: Buffer, id: string, seconds: number, body: string): Record<string, string> {
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${signature}`,
  }
}
