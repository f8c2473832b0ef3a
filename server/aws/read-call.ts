import type { IncomingMessage } from 'node:http'
import { Refusal } from '../base/refusal.ts'
import { readForm } from '../http/read-form.ts'
import type { BoundAction } from './action.ts'
import { findJsonAction, flattenJson, type JsonService } from './json-protocol.ts'
import type { Form } from './params.ts'
import { findQueryAction, type QueryService } from './query-protocol.ts'
import type { AwsService } from './wire.ts'

export type Services = {
  /** At least one; the first lends its namespace to faults that belong to none. */
  services: readonly [QueryService, ...QueryService[]]
  jsonServices: readonly [JsonService, ...JsonService[]]
}

/** What a request asks for, in whichever protocol. */
export type Asked = { service: AwsService; action: BoundAction; form: Form }

export function readQuery(
  { services }: Services,
  body: string,
  queryForm: Form,
  request: IncomingMessage,
): Asked {
  const form = body === '' ? queryForm : readBodyForm(body, queryForm, request)
  return { ...findQueryAction(services, form), form }
}

export function readJson(
  { jsonServices }: Services,
  target: string,
  body: string,
  queryForm: Form,
  { headers }: IncomingMessage,
): Asked {
  if (!/^application\/x-amz-json-1\.[01] *(;|$)/i.test(headers['content-type'] ?? '')) {
    throw new Refusal('request.unsupportedMedia', { detail: 'a target, and a body that is not JSON' })
  }
  if (queryForm.has('Action'))
    throw new Refusal('request.malformed', { detail: 'an Action in the query, beside a target' })
  return { ...findJsonAction(jsonServices, target), form: flattenJson(body) }
}

/** A header that came twice names no one action. */
export function targetOf({ headersDistinct }: IncomingMessage): string | undefined {
  const [target, ...more] = headersDistinct['x-amz-target'] ?? []
  if (more.length > 0) throw new Refusal('request.malformed', { detail: 'more than one x-amz-target' })
  return target
}

/**
 * Whoever looks at a request on its way here may read its query, its body, or a body of another type. All
 * must see the one action that is run.
 */
function readBodyForm(
  body: string,
  queryForm: ReadonlyMap<string, string>,
  { headers }: IncomingMessage,
): Map<string, string> {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type !== undefined && type !== 'application/x-www-form-urlencoded')
    throw new Refusal('request.unsupportedMedia', { detail: `a body of type ${type.slice(0, 100)}` })
  if (queryForm.has('Action'))
    throw new Refusal('request.malformed', { detail: 'an Action in the query, beside a body' })
  return readForm(body)
}

/**
 * A form's `+` is a blank, a signature's is a plus: one query would mean two things, and whoever carries a
 * presigned URL could choose.
 */
export function withPlainBlanks(query: string): string {
  return query.replaceAll('+', '%20')
}

export function splitTarget(target: string): { path: string; query: string } {
  const at = target.indexOf('?')
  return at < 0 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) }
}
