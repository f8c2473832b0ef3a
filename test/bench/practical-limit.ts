import { createCipheriv, createPublicKey, createSecretKey, randomBytes, verify } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import express from 'express'

/**
 * What the job costs at the least in this runtime, as one would write it without a policy, an audit log or
 * a catalogue: parse the form, verify RS256, seal 600 bytes, answer the same XML. The benchmark's measure.
 */
const publicKey = createPublicKey(process.argv[2] ?? '')
const key = createSecretKey(randomBytes(32))
const app = express()

app.post('/', express.urlencoded(), (request, response) => {
  const [head, payload, signature] = String(request.body.WebIdentityToken).split('.')
  const signed = Buffer.from(`${head}.${payload}`)
  const genuine = verify('RSA-SHA256', signed, publicKey, Buffer.from(signature ?? '', 'base64url'))
  if (!genuine) return void response.status(400).end()
  const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString())
  response.type('text/xml').send(answer(claims, request.body.RoleSessionName, seal()))
})

function seal(): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = Buffer.concat([nonce, cipher.update(randomBytes(600)), cipher.final(), cipher.getAuthTag()])
  return sealed.toString('base64url')
}

function answer(claims: { sub: string; aud: string; iss: string }, session: string, token: string): string {
  const id = randomBytes(10).toString('hex')
  const secret = randomBytes(30).toString('base64')
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><SubjectFromWebIdentityToken>${claims.sub}</SubjectFromWebIdentityToken><Audience>${claims.aud}</Audience><AssumedRoleUser><AssumedRoleId>AROA${id}:${session}</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/bench/${session}</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIA${id}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><SessionToken>${token}</SessionToken><Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials><Provider>${claims.iss}</Provider></AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>`
}

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on ${(server.address() as AddressInfo).port}\n`)
})
