import type { IncomingMessage } from 'node:http'
import { Refusal } from '../base/refusal.ts'
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
  const form = readForm(await readBody(request, { maxBytes, timeoutMs }))
  // No page sends one, and PostgreSQL takes none in a text: what looks it up there would fail.
  if ([...form.values()].some(value => value.includes('\0')))
    throw new Refusal('request.malformed', { detail: 'a NUL in a form' })
  return form
}
