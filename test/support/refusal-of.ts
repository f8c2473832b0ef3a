import assert from 'node:assert/strict'
import { Refusal } from '../../server/base/refusal.ts'

/** The refusal that a call ends in. One that succeeds, or fails in any other way, fails the test. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const error: unknown = await call.then(
    () => assert.fail('it was not refused'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof Refusal, String(error))
  return error
}
