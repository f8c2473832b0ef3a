import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, test } from 'node:test'
import { createGracefulStop } from '../../server/http/graceful-stop.ts'

/** Longer than any test may take: who waits for it has failed. */
const never = 3_600_000

async function listen(graceMs: number, answer: (response: ServerResponse) => void = () => undefined) {
  const server = createServer((_request, response) => answer(response))
  const stop = createGracefulStop(server, graceMs)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.closeAllConnections())
  return { server, stop, port: (server.address() as AddressInfo).port }
}

/** A client that keeps its connections alive, as the SDKs do. */
function ask(port: number, agent = new Agent({ keepAlive: true })): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ port, agent }, resolve).on('error', reject)
  })
}

async function textOf(answer: IncomingMessage): Promise<string> {
  return Buffer.concat(await answer.toArray()).toString()
}

test('what is in flight is answered, and its connection ends with the answer though the client would keep it', async () => {
  const { server, stop, port } = await listen(never)
  const asked = ask(port)
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  const stopped = stop()
  response.end('done')
  const answer = await asked
  assert.equal(answer.headers.connection, 'close')
  assert.equal(await textOf(answer), 'done')
  await stopped
})

test('an answer whose head is out already is finished, and its connection ends after it', async () => {
  const { server, stop, port } = await listen(never)
  const asked = ask(port)
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  response.writeHead(200).write('first ')
  const answer = await asked
  const stopped = stop()
  response.end('last')
  assert.equal(await textOf(answer), 'first last')
  await stopped
})

test('a connection that is kept alive and idle does not hold the stop up', async () => {
  const { stop, port } = await listen(never, response => response.end('done'))
  await textOf(await ask(port))
  await stop()
})

test('a request that is never answered is cut off when the grace is over', async () => {
  const { server, stop, port } = await listen(1)
  const asked = ask(port)
  const [cut] = await Promise.all([
    assert.rejects(asked, { code: 'ECONNRESET' }).then(() => true),
    once(server, 'request').then(stop),
  ])
  assert.ok(cut)
})

test('a stopped server takes no new connection', async () => {
  const { stop, port } = await listen(never)
  await stop()
  const [error] = await once(connect(port, '127.0.0.1'), 'error')
  assert.equal(error.code, 'ECONNREFUSED')
})
