import assert from 'node:assert/strict'
import supertest, { type Response } from 'supertest'

export type Changes = Readonly<Record<string, string | undefined>>

export const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const tokenType = (name: string) => `urn:ietf:params:oauth:token-type:${name}`
export const credentialsType = 'urn:rolecall:params:oauth:token-type:aws-credentials'

/**
 * Posts a sound token exchange, but for what is given. An undefined parameter is left out. `sound` is asked
 * each time, so that every exchange may have a token of its own.
 */
export function createExchanger({ port }: { port: number }, sound: () => Changes) {
  const form = (changes: Changes) =>
    formOf({
      grant_type: tokenExchange,
      subject_token_type: tokenType('id_token'),
      ...sound(),
      ...changes,
    })
  const post = (body: string, headers: Record<string, string> = {}, target = '/token') =>
    supertest(`http://127.0.0.1:${port}`).post(target).type('form').set(headers).send(body)
  return {
    form,
    /** A body to the letter. */
    post,
    exchange: (changes: Changes = {}, headers: Record<string, string> = {}) => post(form(changes), headers),
  }
}

export function formOf(parameters: Changes): string {
  const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return new URLSearchParams(given).toString()
}

/** Holds an error to RFC 6749, section 5.2. Answers its code and its status. */
export function errorOf(answer: Response): [error: string, status: number] {
  assert.equal(answer.type, 'application/json', answer.text)
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal(answer.headers.pragma, 'no-cache')
  assert.match(answer.headers['x-request-id'] ?? '', /^[0-9a-f-]{36}$/)
  const { error, error_description: description, ...more } = answer.body
  assert.match(description, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
  assert.deepEqual(more, {}, 'an error holds nothing else')
  return [error, answer.status]
}

/** A success's body, held to RFC 8693, section 2.2.1, and RFC 6749, section 5.1. */
export function bodyOf(answer: Response): Record<string, unknown> & { credentials: Record<string, string> } {
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.type, 'application/json')
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal(answer.headers.pragma, 'no-cache')
  const required = ['access_token', 'credentials', 'expires_in', 'issued_token_type', 'token_type']
  assert.deepEqual(Object.keys(answer.body).sort(), required)
  return answer.body
}
