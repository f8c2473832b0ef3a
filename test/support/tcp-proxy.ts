import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { after } from 'node:test'

export type TcpProxy = {
  port: number
  /** As when a cable is pulled: nothing is refused, and nothing comes through any more. */
  cut(): void
  /** What hung is broken off; what comes next goes through again. */
  mend(): void
  /** The most connections that were open to the server at once: none is missed, as by somebody who looks now and then. */
  mostOpen(): number
  /** Before the test file ends: it holds up the end of what is no test. */
  close(): void
}

/** Stands before a server on loopback, until the test file ends. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let isCut = false
  const open = new Set<Socket>()
  let mostOpen = 0
  const server = createServer(near => {
    const far = connect(targetPort, '127.0.0.1')
    // Not when it is accepted: the end of the one before, which came first, may be read after that.
    far.once('connect', () => {
      if (!near.readable) return
      open.add(far)
      mostOpen = Math.max(mostOpen, open.size)
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('data', data => void (isCut || other.write(data)))
      one.on('error', () => other.destroy())
      one.on('end', () => open.delete(far))
      one.on('close', () => {
        open.delete(far)
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const destroyAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  const close = () => {
    server.close()
    destroyAll()
  }
  after(close)
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true
    },
    mend() {
      isCut = false
      destroyAll()
    },
    mostOpen: () => mostOpen,
    close,
  }
}
