import { connect, type Socket } from 'node:net'

export type LoadResult = {
  requests: number
  seconds: number
  perSecond: number
  failures: number
  /** Of the failures, those that were answered 429 with when to come again. */
  throttled: number
}

type Counts = Pick<LoadResult, 'requests' | 'failures' | 'throttled'>

const closing = /\r\nconnection: close\r\n/i
const comeAgain = /^HTTP\/1.1 429 .*\r\nretry-after: \d+\r\n/is
const longestAnswerMs = 10_000
const headerEnd = Buffer.from('\r\n\r\n')

/**
 * Sends requests over keep-alive connections for a while, one in flight on each. It speaks to the socket
 * itself: an HTTP client would take more of the machine than the server that is measured.
 *
 * @param next the bytes of the next request, whole
 */
export async function runLoad(
  { port, connections, seconds }: { port: number; connections: number; seconds: number },
  next: () => Buffer,
): Promise<LoadResult> {
  const counts: Counts = { requests: 0, failures: 0, throttled: 0 }
  const startedMs = performance.now()
  const untilMs = startedMs + seconds * 1000
  const worker = async () => {
    // A server that closes after each answer is connected to again.
    do await runConnection(port, untilMs, next, counts)
    while (performance.now() < untilMs)
  }
  await Promise.all(Array.from({ length: connections }, worker))
  const tookSeconds = (performance.now() - startedMs) / 1000
  return { ...counts, seconds: tookSeconds, perSecond: counts.requests / tookSeconds }
}

function runConnection(port: number, untilMs: number, next: () => Buffer, counts: Counts): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let pending = Buffer.alloc(0)
    socket.on('connect', () => socket.write(next()))
    socket.on('error', reject)
    // What hangs is a failure, not a benchmark without an end.
    socket.setTimeout(longestAnswerMs, () => {
      counts.failures++
      socket.destroy()
    })
    socket.on('close', () => resolve())
    socket.on('data', chunk => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
      const length = responseLength(pending)
      if (length === undefined || pending.length < length) return
      counts.requests++
      const head = pending.toString('latin1', 0, pending.indexOf(headerEnd) + 2)
      // `HTTP/1.1 200 OK`
      if (pending[9] !== 0x32) counts.failures++
      if (comeAgain.test(head)) counts.throttled++
      const closes = closing.test(head)
      pending = pending.subarray(length)
      if (performance.now() >= untilMs || closes) socket.destroy()
      else socket.write(next())
    })
  })
}

/** The length of the response that begins the buffer, or undefined while its head is not whole. */
function responseLength(buffer: Buffer): number | undefined {
  const end = buffer.indexOf(headerEnd)
  if (end < 0) return undefined
  const length = /content-length: (\d+)/i.exec(buffer.toString('latin1', 0, end))?.[1]
  if (length === undefined) throw new Error('a response without a length')
  return end + headerEnd.length + Number(length)
}

/** The middle one. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
