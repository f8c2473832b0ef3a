import type { Server, ServerResponse } from 'node:http'

/**
 * Prepares a server to be stopped without breaking anything off. Call it before the server listens.
 *
 * The stop takes no new connections, answers what is in flight, and ends each connection with its answer:
 * a client that keeps connections alive would otherwise hold the server up, and go on asking. What is not
 * answered after `graceMs` is cut off. Resolves when no connection is left.
 */
export function createGracefulStop(server: Server, graceMs: number): () => Promise<void> {
  const inFlight = new Set<ServerResponse>()
  let stopping = false
  server.prependListener('request', (_request, response: ServerResponse) => {
    inFlight.add(response)
    response.once('close', () => inFlight.delete(response))
    if (stopping) endConnectionAfter(response)
  })

  return async () => {
    stopping = true
    const closed = new Promise(resolve => server.close(resolve))
    for (const response of inFlight) endConnectionAfter(response)
    const timer = setTimeout(() => server.closeAllConnections(), graceMs)
    await closed
    clearTimeout(timer)
  }
}

function endConnectionAfter(response: ServerResponse): void {
  const { socket } = response
  if (response.headersSent) response.once('finish', () => socket?.end())
  else response.setHeader('connection', 'close')
}
