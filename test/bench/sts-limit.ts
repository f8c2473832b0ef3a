import { createDecipheriv, createHash, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import express from 'express'

/**
 * What a signed call costs at the least in this runtime, as one would write it without policies, roles or an audit
 * log: parse the form, derive the secret, open the session token, compute the signature, compare, answer the XML.
 */
const [secretKeyHex = '', sealKeyHex = ''] = process.argv.slice(2)
const secretKey = createSecretKey(Buffer.from(secretKeyHex, 'hex'))
const sealKey = createSecretKey(Buffer.from(sealKeyHex, 'hex'))
const app = express()

app.post('/', express.text({ type: () => true }), (request, response) => {
  const body = String(request.body)
  const action = new URLSearchParams(body).get('Action') ?? ''
  const authorization = String(request.headers.authorization)
  const [, credential = '', names = '', signature = ''] =
    /Credential=([^,]+), SignedHeaders=([^,]+), Signature=(\w+)/.exec(authorization) ?? []
  const [id = '', day = '', region = '', service = ''] = credential.split('/')
  const session = open(String(request.headers['x-amz-security-token']), id)
  const secret = createHmac('sha256', secretKey).update(id).digest().subarray(0, 30).toString('base64')
  const canonical = [
    'POST',
    '/',
    '',
    ...names.split(';').map(name => `${name}:${request.headers[name]}`),
    '',
    names,
    createHash('sha256').update(body).digest('hex'),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = `AWS4-HMAC-SHA256\n${request.headers['x-amz-date']}\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`
  let key: Buffer | string = `AWS4${secret}`
  for (const part of [day, region, service, 'aws4_request'])
    key = createHmac('sha256', key).update(part).digest()
  const expected = createHmac('sha256', key).update(text).digest()
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) return void response.status(403).end()
  response.type('text/xml').send(answer(action, session))
})

/** The same work as for one of ours, in the same form: a key of its own for each token. */
function open(token: string, id: string): string {
  const sealed = Buffer.from(token, 'base64url')
  const head = sealed.subarray(0, 21)
  const derived = createHmac('sha512', sealKey).update(head.subarray(5)).digest()
  const decipher = createDecipheriv(
    'aes-256-gcm',
    createSecretKey(derived.subarray(0, 32)),
    derived.subarray(32, 44),
  )
  decipher.setAAD(Buffer.concat([head, Buffer.from(id)]))
  decipher.setAuthTag(sealed.subarray(sealed.length - 16))
  const plain = decipher.update(sealed.subarray(21, sealed.length - 16))
  decipher.final()
  return JSON.parse(plain.toString())[2]
}

function answer(action: string, session: string): string {
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Arn>arn:aws:sts::123456789012:assumed-role/bench/${session}</Arn><UserId>AROAEXAMPLE:${session}</UserId><Account>123456789012</Account></${action}Result><ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></${action}Response>`
}

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on ${(server.address() as AddressInfo).port}\n`)
})
