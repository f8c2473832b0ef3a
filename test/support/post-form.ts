import assert from 'node:assert/strict'
import { XMLParser } from 'fast-xml-parser'
import supertest from 'supertest'
import type { WireFault } from './aws-calls.ts'

export type FormAnswer = { status: number; headers: Record<string, string>; xml: string }

const xml = new XMLParser({ parseTagValue: false, ignoreAttributes: false, htmlEntities: true })

/** A form as no SDK would send it: text is sent as it stands. */
export async function postForm(
  { port }: { port: number },
  form: Record<string, string> | string,
  headers: Record<string, string> = {},
): Promise<FormAnswer> {
  const body = typeof form === 'string' ? form : new URLSearchParams(form).toString()
  const answer = await supertest(`http://127.0.0.1:${port}`)
    .post('/')
    .type('application/x-www-form-urlencoded')
    .set(headers)
    .send(body)
  return { status: answer.status, headers: answer.headers, xml: answer.text }
}

/** The refusal in an answer, read by an XML parser that is not ours. */
export function faultIn({ status, xml: text }: FormAnswer): WireFault {
  const { Code, Message, Type } = Object(Object(xml.parse(text)).ErrorResponse).Error ?? assert.fail(text)
  return { code: Code, status, message: Message, type: Type }
}

/** The members of `<ACTIONResponse><ACTIONResult>`. */
export function resultIn(action: string, { xml: text }: FormAnswer): Record<string, unknown> {
  return Object(xml.parse(text))[`${action}Response`]?.[`${action}Result`] ?? assert.fail(text)
}
