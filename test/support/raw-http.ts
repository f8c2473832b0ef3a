import { connect } from 'node:net'
import type { WireRequest } from '../../server/credentials/signed-request.ts'

/** All that came back until the server closed the connection. */
export type RawAnswer = {
  /** One for each answer: two where one request was taken for two. */
  statuses: number[]
  text: string
}

/**
 * Sends bytes that no client would send, and waits for the server to close. What the server takes for a good
 * request must say `Connection: close` for that; a connection that stays open fails the test by its timeout.
 */
export function sendRaw(port: number, ...parts: (string | Buffer)[]): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => {
      for (const part of parts) socket.write(part)
    })
    socket.on('data', chunk => received.push(chunk))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A server that closes early does not take what is still on its way.
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error)
    })
    socket.on('close', () => {
      const text = Buffer.concat(received).toString('utf8')
      const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))
      resolve({ statuses, text })
    })
  })
}

/** Sends a signed request to the letter: no client puts its headers or its query in order first. */
export function sendWire(port: number, request: WireRequest): Promise<RawAnswer> {
  const { method, path, query, headers, body } = request
  const lines = Object.entries(headers).flatMap(([name, values = []]) =>
    values.map(value => `${name}: ${value}`),
  )
  const target = query === '' ? path : `${path}?${query}`
  const length = Buffer.byteLength(body)
  return sendRaw(
    port,
    [
      `${method} ${target} HTTP/1.1`,
      ...lines,
      'connection: close',
      `content-length: ${length}`,
      '',
      body,
    ].join('\r\n'),
  )
}

/** The status and AWS's code of an answer on the AWS wire. */
export function faultIn({
  statuses,
  text,
}: RawAnswer): [code: string | undefined, status: number | undefined] {
  return [/<Code>([^<]+)<\/Code>/.exec(text)?.[1], statuses[0]]
}
