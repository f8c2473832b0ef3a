import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What it does with the next requests. */
export type KmsMood = 'well' | 'failing' | 'denying' | 'throttling' | 'hung' | 'wrongPlaintext' | 'otherKey'

type Call = { action: string; keyId?: string; context: Record<string, string>; aborted?: boolean }

export type TestKms = {
  url: string
  mood: KmsMood
  /** All that was asked, well or not. */
  calls: Call[]
  /** Answers its ARN. */
  createKey(): string
  aliases: Map<string, string>
  disabled: Set<string>
  /** For the SDK's own chain. */
  credentials: Record<string, string>
  close(): void
}

class Fault extends Error {
  readonly status: number
  constructor(code: string, status = 400) {
    super(code)
    this.status = status
  }
}

/**
 * A key service that speaks AWS KMS's JSON 1.1 over HTTP: Encrypt, Decrypt and GenerateDataKey, by AES-256-GCM with the
 * encryption context as associated data. It takes no request without a signature for `kms`, or without a secret's
 * ARN and version in its context. Ends with `close`.
 */
export async function startKms(): Promise<TestKms> {
  const keys = new Map<string, Buffer>()
  const server = createServer(async (request, response) => {
    const action = String(request.headers['x-amz-target']).replace(/^TrentService\./, '')
    try {
      const asked = await readJson(request)
      const context = Object(asked.EncryptionContext)
      const call: Call = { action, context, ...(asked.KeyId === undefined ? {} : { keyId: asked.KeyId }) }
      kms.calls.push(call)
      if (kms.mood === 'hung') return void response.on('close', () => (call.aborted = true))
      requireSignature(request)
      requireContext(context)
      requireMood(kms.mood)
      const answer = answers[action]?.(asked, bindingOf(context))
      if (answer === undefined) throw new Fault('UnknownOperationException')
      send(200, answer)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      send(error.status, { __type: error.message, message: 'as it was told to' })
    }
    function send(status: number, body: object) {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))

  const arnOf = (id: string) => {
    const arn = kms.aliases.get(id) ?? [...keys.keys()].find(key => key === id || key.endsWith(`:key/${id}`))
    if (arn === undefined) throw new Fault('NotFoundException')
    if (kms.disabled.has(arn)) throw new Fault('DisabledException')
    return arn
  }
  const answerFor = (arn: string) =>
    kms.mood === 'otherKey' ? arn.replace(/key\/.*/, `key/${randomUUID()}`) : arn
  const answers: Record<string, (asked: Record<string, string>, binding: Buffer) => object> = {
    Encrypt({ KeyId = '', Plaintext = '' }, binding) {
      const arn = arnOf(KeyId)
      const blob = seal(arn, keys.get(arn) as Buffer, Buffer.from(Plaintext, 'base64'), binding)
      return { CiphertextBlob: blob.toString('base64'), KeyId: answerFor(arn) }
    },
    Decrypt({ KeyId, CiphertextBlob = '' }, binding) {
      const blob = Buffer.from(CiphertextBlob, 'base64')
      const arn = blob.subarray(1, 1 + (blob[0] ?? 0)).toString()
      const key = keys.get(arn)
      if (key === undefined) throw new Fault('InvalidCiphertextException')
      if (KeyId !== undefined && arnOf(KeyId) !== arn) throw new Fault('IncorrectKeyException')
      arnOf(arn)
      const plain =
        kms.mood === 'wrongPlaintext' ? randomBytes(32) : open(key, blob.subarray(1 + arn.length), binding)
      return {
        Plaintext: plain.toString('base64'),
        KeyId: answerFor(arn),
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      }
    },
    GenerateDataKey(asked, binding) {
      const Plaintext = randomBytes(32).toString('base64')
      return { ...answers.Encrypt?.({ ...asked, Plaintext }, binding), Plaintext }
    },
  }
  const kms: TestKms = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mood: 'well',
    calls: [],
    createKey() {
      const arn = `arn:aws:kms:eu-central-1:111122223333:key/${randomUUID()}`
      keys.set(arn, randomBytes(32))
      return arn
    },
    aliases: new Map(),
    disabled: new Set(),
    credentials: { AWS_ACCESS_KEY_ID: 'AKIAKEYSERVICE000000', AWS_SECRET_ACCESS_KEY: 'k'.repeat(40) },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
  return kms
}

function requireSignature({ headers }: IncomingMessage): void {
  const signed = /^AWS4-HMAC-SHA256 Credential=[A-Z0-9]+\/\d{8}\/[a-z0-9-]+\/kms\/aws4_request, /
  if (!signed.test(headers.authorization ?? '')) throw new Fault('MissingAuthenticationTokenException')
}

/** As AWS Secrets Manager binds its own, no more and no less. */
function requireContext(context: object): void {
  const names = Object.keys(context).sort().join()
  if (names !== 'SecretARN,SecretVersionId') throw new Fault('ValidationException')
}

function requireMood(mood: KmsMood): void {
  if (mood === 'failing') throw new Fault('KMSInternalException', 500)
  if (mood === 'denying') throw new Fault('AccessDeniedException')
  if (mood === 'throttling') throw new Fault('ThrottlingException')
}

function bindingOf(context: Record<string, string>): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).toSorted()))
}

function seal(arn: string, key: Buffer, plain: Buffer, binding: Buffer): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(binding)
  const body = [cipher.update(plain), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat([Buffer.of(arn.length), Buffer.from(arn), nonce, ...body])
}

function open(key: Buffer, body: Buffer, binding: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(0, 12)).setAAD(binding)
  decipher.setAuthTag(body.subarray(-16))
  try {
    return Buffer.concat([decipher.update(body.subarray(12, -16)), decipher.final()])
  } catch {
    throw new Fault('InvalidCiphertextException')
  }
}

async function readJson(request: IncomingMessage): Promise<Record<string, string>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}
