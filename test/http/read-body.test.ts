import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, test } from 'node:test'
import { Refusal } from '../../server/base/refusal.ts'
import { readBody } from '../../server/http/read-body.ts'

const limits = { maxBytes: 10, timeoutMs: 10_000 }
const head = 'POST / HTTP/1.1\r\nHost: localhost\r\n'
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`
const announced = (length: number) => `${head}Content-Length: ${length}\r\n\r\n`

/** What is read of a request on a real connection: its text, or the reason why not. */
async function readFrom(...parts: (string | Buffer)[]) {
  const { request, socket, read } = await begin(parts[0] ?? '')
  for (const part of parts.slice(1)) {
    const arrived = once(request, 'data')
    socket.write(part)
    await arrived
  }
  return read
}

/** Begins a request and leaves its connection open. */
async function begin(part: string | Buffer) {
  const server = createServer()
  after(() => server.closeAllConnections())
  after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const begun = once(server, 'request')
  socket.write(part)
  const [request]: IncomingMessage[] = await begun
  assert.ok(request)
  const read = readBody(request, limits).catch((error: unknown) =>
    error instanceof Refusal ? error.reason : String(error),
  )
  return { request, socket, read }
}

test('a body is read whole, also when a character comes in two pieces', async () => {
  const [first, second] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)]
  assert.equal(
    await readFrom(announced(6), 'caf', Buffer.concat([first]), Buffer.concat([second, Buffer.from('s')])),
    'cafés',
  )
  assert.equal(await readFrom(`${announced(10)}0123456789`), '0123456789')
  assert.equal(await readFrom(`${chunked}${chunk('01234')}${chunk('56789')}0\r\n\r\n`), '0123456789')
  assert.equal(await readFrom(announced(0)), '')
})

for (const [story, bytes, reason] of [
  ['is announced as too large', announced(11), 'request.tooLarge'],
  ['is announced as larger than any number', announced(Number.MAX_SAFE_INTEGER), 'request.tooLarge'],
  ['grows too large', `${chunked}${chunk('01234')}${chunk('567890')}0\r\n\r\n`, 'request.tooLarge'],
  ['grows too large in one piece', `${chunked}${chunk('01234567890')}`, 'request.tooLarge'],
  [
    'is not UTF-8',
    Buffer.concat([Buffer.from(announced(2)), Buffer.from([0xc3, 0x28])]),
    'request.malformed',
  ],
  [
    'ends within a character',
    Buffer.concat([Buffer.from(announced(1)), Buffer.from([0xc3])]),
    'request.malformed',
  ],
  [
    'holds half a surrogate',
    Buffer.concat([Buffer.from(announced(3)), Buffer.from([0xed, 0xa0, 0x80])]),
    'request.malformed',
  ],
  ['says it is packed', `${head}Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\na`, 'request.malformed'],
  [
    'says it is packed by nothing',
    `${head}Content-Encoding: identity\r\nContent-Length: 1\r\n\r\na`,
    'request.malformed',
  ],
  [
    'was packed for its transfer',
    `${head}Transfer-Encoding: gzip, chunked\r\n\r\n${chunk('a')}0\r\n\r\n`,
    'request.malformed',
  ],
] as const) {
  test(`a body that ${story} is refused: ${reason}`, async () => {
    assert.equal(await readFrom(bytes), reason)
  })
}

test('a body that breaks off is refused', async () => {
  const { socket, read } = await begin(`${announced(5)}ab`)
  socket.destroy()
  assert.equal(await read, 'request.malformed')
})

test('a body that comes in a byte now and then has no more time than another', async context => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const { request, socket, read } = await begin(announced(5))
  for (let n = 0; n < 4; n++) {
    const arrived = once(request, 'data')
    socket.write('a')
    await arrived
    context.mock.timers.tick(2000)
  }
  let over = false
  read.then(() => {
    over = true
  })
  context.mock.timers.tick(1999)
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(over, false)
  context.mock.timers.tick(1)
  assert.equal(await read, 'request.timedOut')
})

test('all bodies together stay within bounds, however much each of them may hold', async () => {
  const server = createServer()
  after(() => server.closeAllConnections())
  after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const outcomes: Promise<string>[] = []
  server.on('request', (request: IncomingMessage) => {
    const read = readBody(request, { maxBytes: 2 ** 30, timeoutMs: 60_000 })
    outcomes.push(
      read.then(
        () => 'read',
        (error: unknown) => (error instanceof Refusal ? error.reason : 'broken'),
      ),
    )
  })
  const part = Buffer.alloc(1024 * 1024, 'x')
  const sockets = Array.from({ length: 10 }, () => connect(port, '127.0.0.1'))
  for (const socket of sockets) {
    socket.on('error', () => undefined)
    socket.write(announced(2 ** 30))
    for (let n = 0; n < 10; n++) socket.write(part)
  }
  while (outcomes.length < 10) await once(server, 'request')
  assert.equal(await Promise.race(outcomes), 'request.throttled')
  for (const socket of sockets) socket.destroy()
  await Promise.all(outcomes)
  assert.equal(await readFrom(`${announced(4)}0123`), '0123', 'what was held is given free')
})
