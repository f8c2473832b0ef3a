import type { IncomingMessage } from 'node:http'
import { readBody } from '../http/read-body.ts'
import { readForm } from '../http/read-form.ts'

const timeoutMs = 10_000

/**
 * The form that a page has sent.
 *
 * @throws {Refusal} request.tooLarge | request.timedOut | request.malformed | request.throttled
 */
export async function postedForm(
  request: IncomingMessage,
  { maxBytes } = { maxBytes: 8 * 1024 },
): Promise<Map<string, string>> {
  return readForm(await readBody(request, { maxBytes, timeoutMs }))
}
