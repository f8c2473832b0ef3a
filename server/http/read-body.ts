import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { Refusal } from '../base/refusal.ts'

export type BodyLimits = { maxBytes: number; timeoutMs: number }

/**
 * Reads a body whole, bounded in size and time: a body that comes in one byte a second is as much
 * an attack as one that never ends. UTF-8 that is broken is refused, not repaired, so that no two
 * readers can take different text from the same bytes.
 *
 * @throws {Refusal} request.tooLarge | request.timedOut | request.malformed
 */
export function readBody(request: IncomingMessage, { maxBytes, timeoutMs }: BodyLimits): Promise<string> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBytes) return Promise.reject(new Refusal('request.tooLarge'))
  if (isEncoded(request)) {
    return Promise.reject(new Refusal('request.malformed', { detail: 'an encoded body' }))
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const stop = (refusal: Refusal) => {
      clearTimeout(timer)
      request.removeAllListeners('data')
      request.pause()
      reject(refusal)
    }
    const timer = setTimeout(() => stop(new Refusal('request.timedOut')), timeoutMs)
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxBytes) return stop(new Refusal('request.tooLarge'))
      chunks.push(chunk)
    })
    request.on('end', () => {
      clearTimeout(timer)
      const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
      if (isUtf8(body)) resolve(body.toString('utf8'))
      else reject(new Refusal('request.malformed', { detail: 'the body is not UTF-8' }))
    })
    request.on('error', () => stop(new Refusal('request.malformed', { detail: 'the body broke off' })))
    request.on('close', () => clearTimeout(timer))
  })
}

/** Nothing is unpacked here. RFC 9112, section 6.1 lets a transfer be packed as well: `gzip, chunked`. */
function isEncoded({ headers }: IncomingMessage): boolean {
  const transfer = headers['transfer-encoding']
  return (
    headers['content-encoding'] !== undefined ||
    (transfer !== undefined && transfer.toLowerCase() !== 'chunked')
  )
}
