import { createDecipheriv, createSecretKey } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import express from 'express'
import { bareKeys, bareSession, openRecordBare } from './bare-signature.ts'

/**
 * What a signed GetSecretValue costs at the least in this runtime, as one would write it without policies or an audit
 * log: verify the signature, read the JSON, unwrap the data key, open the value, answer. All rows are in memory.
 */
const [file = '', wrapKeyHex = '', ...sessionKeys] = process.argv.slice(2)
const keys = bareKeys(sessionKeys)
const wrapKey = createSecretKey(Buffer.from(wrapKeyHex, 'hex'))
const rows = load(file)
const app = express()

app.post('/', express.text({ type: () => true }), (request, response) => {
  const body = String(request.body)
  if (bareSession(request.headers, body, keys) === undefined) return void response.status(403).end()
  const row = rows.get(JSON.parse(body).SecretId)
  if (row === undefined) return void response.status(400).end()
  const { arn, name, versionId, createdAtMs, wrappedKey, sealedValue } = row
  const bound = `${arn}\n${versionId}`
  const dataKey = createSecretKey(openRecordBare(wrappedKey, bound, wrapKey))
  const head = sealedValue.subarray(0, 13)
  const decipher = createDecipheriv('aes-256-gcm', dataKey, head.subarray(1))
  decipher.setAAD(Buffer.concat([head, Buffer.from(bound)]))
  decipher.setAuthTag(sealedValue.subarray(sealedValue.length - 16))
  const plain = decipher.update(sealedValue.subarray(13, sealedValue.length - 16))
  decipher.final()
  const value = {
    ARN: arn,
    Name: name,
    VersionId: versionId,
    SecretString: plain.toString('utf8', 1),
    VersionStages: ['AWSCURRENT'],
    CreatedDate: createdAtMs / 1000,
  }
  response.type('application/x-amz-json-1.1').send(JSON.stringify(value))
})

type Row = {
  arn: string
  name: string
  versionId: string
  createdAtMs: number
  wrappedKey: Buffer
  sealedValue: Buffer
}

function load(path: string): Map<string, Row> {
  const database = new DatabaseSync(path, { readOnly: true })
  const found = database
    .prepare('select s.name, s.id as tail, v.* from secrets s join secret_versions v on v.secret_id = s.id')
    .all()
  database.close()
  return new Map(
    found.map(row => [
      String(row.name),
      {
        arn: `arn:aws:secretsmanager:us-east-1:123456789012:secret:${row.tail}`,
        name: String(row.name),
        versionId: String(row.id),
        createdAtMs: Number(row.created_at_ms),
        wrappedKey: Buffer.from(row.wrapped_key as Uint8Array),
        sealedValue: Buffer.from(row.sealed_value as Uint8Array),
      },
    ]),
  )
}

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on ${(server.address() as AddressInfo).port}\n`)
})
