import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import type { AlternatingDatabase } from './alternating-database.ts'

export type RotationEvent = {
  Step: string
  SecretId: string
  ClientRequestToken: string
  RotationToken: string
}

export type RotationWebhook = {
  url: string
  /** The secret that requests must be signed with; whatever is not, is answered with 401. */
  signedWith: string
  /** Calls with its own credentials. */
  client: SecretsManagerClient | undefined
  /** Told of every step, before and after its effect. What it throws is answered with 500. */
  hook(event: RotationEvent, when: 'before' | 'after'): void | Promise<void>
  /** Every request that was signed as it must be. */
  events: RotationEvent[]
  refused: number
}

/** A rotator as somebody else would write one: it does its work by the real SDK, as a Lambda function does. */
export async function startRotationWebhook(database: AlternatingDatabase): Promise<RotationWebhook> {
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    if (!isSigned(request, body, webhook.signedWith)) {
      webhook.refused++
      return void response.writeHead(401).end()
    }
    const event: RotationEvent = JSON.parse(body)
    webhook.events.push(event)
    try {
      await webhook.hook(event, 'before')
      if (webhook.client !== undefined) await doStep(event, webhook.client, database)
      await webhook.hook(event, 'after')
      response.writeHead(204).end()
    } catch {
      response.writeHead(500).end()
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  const webhook: RotationWebhook = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/rotate`,
    signedWith: '',
    client: undefined,
    hook: () => undefined,
    events: [],
    refused: 0,
  }
  return webhook
}

async function doStep(event: RotationEvent, client: SecretsManagerClient, database: AlternatingDatabase) {
  const { Step, SecretId, ClientRequestToken, RotationToken } = event
  const current = await client.send(new GetSecretValueCommand({ SecretId, VersionStage: 'AWSCURRENT' }))
  const pending = async () => {
    const wanted = { SecretId, VersionId: ClientRequestToken, VersionStage: 'AWSPENDING' }
    return (await client.send(new GetSecretValueCommand(wanted))).SecretString ?? ''
  }
  if (Step === 'createSecret') {
    const isMissing = await pending().then(
      () => false,
      error => error instanceof ResourceNotFoundException,
    )
    if (!isMissing) return
    const SecretString = database.nextOf(current.SecretString ?? '')
    const put = { SecretId, ClientRequestToken, RotationToken, SecretString, VersionStages: ['AWSPENDING'] }
    await client.send(new PutSecretValueCommand(put))
  } else if (Step === 'setSecret') database.set(await pending())
  else if (Step === 'testSecret') {
    if (!database.accepts(await pending())) throw new Error('it does not let us in')
  } else if (current.VersionId !== ClientRequestToken) {
    const move = { MoveToVersionId: ClientRequestToken, RemoveFromVersionId: current.VersionId }
    await client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'AWSCURRENT', ...move }))
  }
}

/** Standard Webhooks, read as a receiver reads it. */
function isSigned({ headers }: IncomingMessage, body: string, secret: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const expected = `v1,${createHmac('sha256', key).update(content).digest('base64')}`
  const shown = Buffer.from(String(headers['webhook-signature']))
  return shown.length === expected.length && timingSafeEqual(shown, Buffer.from(expected))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
