import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { mint } from '../../server/credentials/mint.ts'
import type { Keyring } from '../../server/keys/keyring.ts'
import { signRequest } from '../support/sign-request.ts'
import { startProcess } from '../support/start-process.ts'

export const accountId = '123456789012'

export type BenchedServer = { port: number; startMs: number; stop(): Promise<void> }
export type BenchKeys = { id: string; secret: string; sessionToken?: string }

/** The service by itself, on a data folder that was filled before. */
export async function startBenched(
  dataDir: string,
  masterKey: Buffer,
  more: Record<string, string> = {},
): Promise<BenchedServer> {
  const startedMs = performance.now()
  const started = await startProcess('server/main.ts', {
    env: {
      PORT: '0',
      ROLECALL_DATA_DIR: dataDir,
      ROLECALL_ACCOUNT_ID: accountId,
      ROLECALL_MASTER_KEY: masterKey.toString('base64'),
      ROLECALL_DEMO: 'off',
      ROLECALL_LOG_LEVEL: 'warn',
      ...more,
    },
    ready: /Rolecall is ready: http:\/\/localhost:(\d+)/,
  })
  return {
    port: Number(started.ready),
    startMs: performance.now() - startedMs,
    stop: async () => void (await started.stop()),
  }
}

/** Temporary credentials of a role, for as many people. */
export function sessionKeys(keyring: Keyring, roleId: string, count: number): BenchKeys[] {
  const nowSeconds = Math.floor(Date.now() / 1000)
  return Array.from({ length: count }, (_, n) => {
    const { credentials } = mint(keyring, {
      kind: 'role',
      principalId: roleId,
      name: `session-${n}`,
      person: { issuer: 'https://issuer.example', subject: `person-${n}` },
      proof: {
        provider: `arn:aws:iam::${accountId}:oidc-provider/issuer.example`,
        audience: 'client',
        subjectKey: 'issuer.example:sub',
        audienceKey: 'issuer.example:aud',
      },
      issuedAtSeconds: nowSeconds,
      expiresAtSeconds: nowSeconds + 3600,
      ancestors: [],
      tags: {},
      transitiveTagKeys: [],
      policyArns: [],
      demo: false,
    })
    const { accessKeyId: id, secretAccessKey: secret, sessionToken } = credentials
    return { id, secret, sessionToken }
  })
}

/** A signed request, whole, with more headers where the protocol wants them. */
export function signedBytes(
  service: string,
  body: string,
  { id, secret, sessionToken }: BenchKeys,
  more: Record<string, string> = {},
): Buffer {
  const { headers } = signRequest({
    accessKeyId: id,
    secret,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    at: new Date(),
    service,
    body,
    headers: { host: '127.0.0.1', ...more },
  })
  const lines = Object.entries(headers).map(([name, values]) => `${name}: ${values?.[0]}`)
  const length = `content-length: ${Buffer.byteLength(body)}`
  return Buffer.from(['POST / HTTP/1.1', ...lines, length, '', body].join('\r\n'))
}

/** Where it is on the PATH. It checks nothing. */
export async function startMoto(): Promise<{ port: number; stop(): Promise<void> } | undefined> {
  const folders = (process.env.PATH ?? '').split(delimiter)
  if (!folders.some(one => existsSync(join(one, 'moto_server')))) return undefined
  const port = await freePort()
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  const ended = new Promise<void>(resolve => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const isUp = await reachable(port)
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
  }
  if (isUp) return { port, stop }
  await stop()
  return undefined
}

async function reachable(port: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    const isOpen = await new Promise<boolean>(resolve => {
      const socket = connect({ port, host: '127.0.0.1' })
      socket.on('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (isOpen) return true
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return false
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
