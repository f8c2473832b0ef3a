import type { AddressInfo } from 'node:net'
import express from 'express'
import { bareKeys, bareSession } from './bare-signature.ts'

/**
 * What a signed call costs at the least in this runtime, as one would write it without policies, roles or an audit
 * log: parse the form, derive the secret, open the session token, compute the signature, compare, answer the XML.
 */
const keys = bareKeys(process.argv.slice(2))
const app = express()

app.post('/', express.text({ type: () => true }), (request, response) => {
  const body = String(request.body)
  const action = new URLSearchParams(body).get('Action') ?? ''
  const session = bareSession(request.headers, body, keys)
  if (session === undefined) return void response.status(403).end()
  response.type('text/xml').send(answer(action, session))
})

function answer(action: string, session: string): string {
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Arn>arn:aws:sts::123456789012:assumed-role/bench/${session}</Arn><UserId>AROAEXAMPLE:${session}</UserId><Account>123456789012</Account></${action}Result><ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></${action}Response>`
}

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on ${(server.address() as AddressInfo).port}\n`)
})
