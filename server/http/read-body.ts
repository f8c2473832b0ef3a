import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { Refusal } from '../base/refusal.ts'

export type BodyLimits = { maxBytes: number; timeoutMs: number }

/** Of all bodies that are still coming in. */
const mostBytesInAll = 64 * 1024 * 1024
let bytesInAll = 0

/**
 * Reads a body whole, bounded in size and time: a body that comes in one byte a second is as much
 * an attack as one that never ends, and so are a thousand of them that all stop short of their end. UTF-8 that
 * is broken is refused, not repaired, so that no two readers can take different text from the same bytes.
 *
 * @throws {Refusal} request.tooLarge | request.timedOut | request.malformed | request.throttled
 */
export async function readBody(
  request: IncomingMessage,
  { maxBytes, timeoutMs }: BodyLimits,
): Promise<string> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBytes) throw new Refusal('request.tooLarge')
  if (isEncoded(request)) throw new Refusal('request.malformed', { detail: 'an encoded body' })
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => stop(new Refusal('request.timedOut')), timeoutMs)
      const stop = (refusal: Refusal) => {
        clearTimeout(timer)
        request.removeAllListeners('data')
        request.pause()
        reject(refusal)
      }
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        bytesInAll += chunk.length
        if (bytes > maxBytes) stop(new Refusal('request.tooLarge'))
        else if (bytesInAll > mostBytesInAll) stop(new Refusal('request.throttled'))
        else chunks.push(chunk)
      })
      request.on('end', () => {
        clearTimeout(timer)
        resolve()
      })
      request.on('error', () => stop(new Refusal('request.malformed', { detail: 'the body broke off' })))
      request.on('close', () => clearTimeout(timer))
    })
  } finally {
    bytesInAll -= bytes
  }
  const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
  if (!isUtf8(body)) throw new Refusal('request.malformed', { detail: 'the body is not UTF-8' })
  return body.toString('utf8')
}

/** Nothing is unpacked here. RFC 9112, section 6.1 lets a transfer be packed as well: `gzip, chunked`. */
function isEncoded({ headers }: IncomingMessage): boolean {
  const transfer = headers['transfer-encoding']
  return (
    headers['content-encoding'] !== undefined ||
    (transfer !== undefined && transfer.toLowerCase() !== 'chunked')
  )
}
