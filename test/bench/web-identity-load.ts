import { type KeyObject, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'

const accountId = '123456789012'
const rootAccessKey = { id: 'AKIABENCHBENCHBENCHB', secret: 'bench'.repeat(8) }

export async function startIssuer(publicKey: KeyObject): Promise<{ url: string; close(): void }> {
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'bench', use: 'sig', alg: 'RS256' }
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close(),
  }
}

/** Of a server whose people are the issuer's. */
export function issuerEnv(issuer: string): Record<string, string> {
  return {
    ROLECALL_ACCOUNT_ID: accountId,
    ROLECALL_ROOT_ACCESS_KEY_ID: rootAccessKey.id,
    ROLECALL_ROOT_SECRET_ACCESS_KEY: rootAccessKey.secret,
    GOOGLE_CLIENT_ID: 'bench-client',
    GOOGLE_CLIENT_SECRET: 'bench-secret',
    GOOGLE_ISSUER: issuer,
    GOOGLE_JWKS_URL: `${issuer}/jwks`,
  }
}

/** The role that the requests ask for, trusting whom they are of. */
export async function createRole(port: string, issuer: string): Promise<void> {
  const iam = new IAMClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: rootAccessKey.id, secretAccessKey: rootAccessKey.secret },
  })
  await iam.send(new CreateRoleCommand({ RoleName: 'bench', AssumeRolePolicyDocument: trustPolicy(issuer) }))
}

function trustPolicy(issuer: string): string {
  const urlPath = issuer.replace('http://', '')
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${accountId}:oidc-provider/${urlPath}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: { [`${urlPath}:aud`]: 'bench-client' },
          StringLike: { [`${urlPath}:sub`]: 'person-*' },
        },
      },
    ],
  })
}

/** Whole HTTP requests, each with a token of its own. */
export async function makeRequests(tokens: number, privateKey: KeyObject, issuer: string): Promise<Buffer[]> {
  const signAsync = promisify(sign)
  const now = Math.floor(Date.now() / 1000)
  const head = encode({ alg: 'RS256', kid: 'bench', typ: 'JWT' })
  const requests: Buffer[] = []
  for (let first = 0; first < tokens; first += 100) {
    const group = Array.from({ length: 100 }, async (_, n) => {
      const person = `person-${first + n}`
      const claims = {
        iss: issuer,
        aud: 'bench-client',
        azp: 'bench-client',
        sub: person,
        iat: now,
        exp: now + 3600,
      }
      const more = {
        email: `${person}@example.com`,
        email_verified: true,
        name: 'Bench Person',
        at_hash: person,
      }
      const signed = `${head}.${encode({ ...claims, ...more })}`
      const signature = await signAsync('RSA-SHA256', Buffer.from(signed), privateKey)
      return asRequest(`${signed}.${signature.toString('base64url')}`, person)
    })
    requests.push(...(await Promise.all(group)))
  }
  return requests
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

/** As `@aws-sdk/client-sts` sends it. */
function asRequest(token: string, person: string): Buffer {
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: `arn:aws:iam::${accountId}:role/bench`,
    RoleSessionName: person,
    WebIdentityToken: token,
  }).toString()
  return Buffer.from(
    `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\nUser-Agent: aws-sdk-js/3\r\n\r\n${form}`,
  )
}
