import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export type LoopbackServer = { server: Server; port: number; close(): Promise<void> }

/**
 * Opens an HTTP server on 127.0.0.1, on the preferred port when it is free and on any free one else.
 * It answers nothing until a `request` listener is attached: attach it before awaiting anything.
 */
export async function listenOnLoopback(preferredPort?: number): Promise<LoopbackServer> {
  const server = createServer({
    requestTimeout: 10_000,
    headersTimeout: 5_000,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 2_000,
  })
  server.maxConnections = 100
  const port = await listen(server, preferredPort ?? 0).catch((problem: NodeJS.ErrnoException) => {
    if (preferredPort === undefined || !isTaken(problem)) throw problem
    return listen(server, 0)
  })
  return { server, port, close: () => close(server) }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen({ host: '127.0.0.1', port, exclusive: true })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Taken by another program, or one that this user may not open. */
function isTaken({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EADDRINUSE' || code === 'EACCES'
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
