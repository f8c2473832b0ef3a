import { request } from 'node:http'
import type { Keys, TestRolecall } from './rolecall.ts'
import { signRequest } from './sign-request.ts'

/** A signed call on the wire of Secrets Manager, for actions that no SDK knows. */
export function callSecrets(
  { port, rootKeys, nowMs }: Pick<TestRolecall, 'port' | 'rootKeys' | 'nowMs'>,
  action: string,
  input: object,
  keys: Keys = rootKeys,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const body = JSON.stringify(input)
  const { headers } = signRequest({
    accessKeyId: keys.accessKeyId,
    secret: keys.secretAccessKey,
    ...(keys.sessionToken === undefined ? {} : { sessionToken: keys.sessionToken }),
    at: new Date(nowMs()),
    service: 'secretsmanager',
    body,
    headers: {
      host: `127.0.0.1:${port}`,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `secretsmanager.${action}`,
    },
  })
  const sent = Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values?.[0] ?? '']))
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method: 'POST', headers: sent }, async response => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      const text = Buffer.concat(chunks).toString()
      resolve({ status: response.statusCode ?? 0, body: text === '' ? {} : JSON.parse(text) })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
