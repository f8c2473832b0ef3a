import type { Keys } from './rolecall.ts'
import { signRequest } from './sign-request.ts'

export type Answer = { status: number; body: Record<string, unknown> }

/** A signed call on the wire of Secrets Manager, of an action that no SDK knows. */
export async function callSecretsManager(
  port: number,
  keys: Keys,
  action: string,
  input: object,
  at: Date = new Date(),
): Promise<Answer> {
  const body = JSON.stringify(input)
  const { headers } = signRequest({
    accessKeyId: keys.accessKeyId,
    secret: keys.secretAccessKey,
    ...(keys.sessionToken === undefined ? {} : { sessionToken: keys.sessionToken }),
    at,
    service: 'secretsmanager',
    body,
    headers: {
      host: `127.0.0.1:${port}`,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `secretsmanager.${action}`,
    },
  })
  const sent = Object.entries(headers).flatMap(([name, values]) =>
    name === 'host' ? [] : [[name, values?.[0] ?? ''] as [string, string]],
  )
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: sent, body })
  return { status: answer.status, body: Object(await answer.json()) }
}
