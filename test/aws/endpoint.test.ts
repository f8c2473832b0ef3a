import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, beforeEach, test } from 'node:test'
import supertest from 'supertest'
import { bindAction, defineAction } from '../../server/aws/action.ts'
import { createAwsEndpoint, type EndpointDeps } from '../../server/aws/endpoint.ts'
import { optional, params, text } from '../../server/aws/params.ts'
import type { Caller } from '../../server/base/caller.ts'
import { Refusal, throttled } from '../../server/base/refusal.ts'
import { createFactsReader } from '../../server/http/request-facts.ts'
import { stsFaults } from '../../server/sts/faults.ts'
import { sendRaw } from '../support/raw-http.ts'

const caller: Caller = {
  kind: 'root',
  accountId: '123456789012',
  arn: 'arn:aws:iam::123456789012:root',
  userId: '123456789012',
  accessKeyId: 'AKIAROOT',
}
const permission = { action: 'test:Change', resource: 'arn:thing' }

/** What happened, in order; and what goes wrong, where a test wants it to. */
let steps: string[] = []
let failing: Partial<Record<'authenticate' | 'permit' | 'record' | 'run', Error>> = {}
let lines: { level: string; context: object }[] = []
beforeEach(() => {
  steps = []
  failing = {}
  lines = []
})

async function step(name: keyof typeof failing): Promise<void> {
  steps.push(name)
  if (failing[name] !== undefined) throw failing[name]
}

const input = params({ Name: text({ min: 3 }), Note: optional(text()) })
const change = defineAction({
  name: 'Change',
  auth: 'signed',
  writes: true,
  input,
  permission: () => permission,
  async handle({ Name, Note }, _deps: object) {
    await step('run')
    return { Name, Note }
  },
})
const look = defineAction({
  name: 'Look',
  auth: 'none',
  input,
  async handle({ Name }, _deps: object) {
    await step('run')
    return { Name }
  },
})

const noted: object[] = []
const deps: EndpointDeps = {
  services: [
    {
      name: 'test',
      version: '1',
      xmlNamespace: 'https://test.example/',
      actions: new Map([change, look].map(action => [action.name, bindAction(action, {})])),
      faults: stsFaults,
    },
  ],
  jsonServices: [
    {
      name: 'json-test',
      target: 'Test_1',
      actions: new Map([change, look].map(action => [action.name, bindAction(action, {})])),
      faults: stsFaults,
    },
  ],
  authenticator: { authenticate: () => step('authenticate').then(() => caller) },
  authorizer: { requirePermission: () => step('permit') },
  audit: { record: () => step('record'), note: event => void noted.push(event) },
  factsOf: createFactsReader([], () => 0),
  log: {
    error: context => void lines.push({ level: 'error', context }),
    info: context => void lines.push({ level: 'info', context }),
  },
}

const endpoint: RequestListener = createAwsEndpoint(deps)
const server = createServer(endpoint)
server.listen(0, '127.0.0.1')
await once(server, 'listening')
after(() => server.close())
const { port } = server.address() as AddressInfo

const ask = (form: object) => supertest(server).post('/').type('form').send(form)
const good = { Action: 'Change', Version: '1', Name: 'one' }

test('a change is authenticated, permitted and written down before it is made', async () => {
  const answer = await ask(good)
  assert.equal(answer.status, 200)
  assert.deepEqual(steps, ['authenticate', 'permit', 'record', 'run'])
})

for (const [story, at, refusal, code, status, taken] of [
  ['is not signed', 'authenticate', 'signature.missing', 'MissingAuthenticationToken', 403, ['authenticate']],
  ['is not permitted', 'permit', 'access.denied', 'AccessDenied', 403, ['authenticate', 'permit']],
  [
    'can’t be written down',
    'record',
    'audit.unavailable',
    'ServiceUnavailable',
    503,
    ['authenticate', 'permit', 'record'],
  ],
] as const) {
  test(`a change that ${story} is not made`, async () => {
    failing = { [at]: new Refusal(refusal, { detail: 'for the log alone' }) }
    const answer = await ask(good)
    assert.deepEqual([/<Code>(\w+)</.exec(answer.text)?.[1], answer.status], [code, status])
    assert.deepEqual(steps, taken)
    assert.ok(!answer.text.includes('for the log alone'))
    assert.equal(lines[0]?.level, 'info')
  })
}

for (const [protocol, send] of [
  ['Query', () => ask({ Action: 'Look', Version: '1', Name: 'one' })],
  [
    'JSON',
    () =>
      supertest(server)
        .post('/')
        .type('application/x-amz-json-1.1')
        .set('x-amz-target', 'Test_1.Look')
        .send('{"Name":"one"}'),
  ],
] as const) {
  test(`too many requests are answered with when to come again, in the ${protocol} protocol`, async () => {
    failing = { run: throttled(61_500) }
    const answer = await send()
    assert.match(answer.text, /Throttling/)
    assert.deepEqual([answer.status, answer.headers['retry-after']], [400, '62'])
    failing = { run: new Refusal('issuer.unreachable') }
    assert.equal((await send()).headers['retry-after'], undefined)
  })
}

test('a stranger is not told what is wrong with the parameters', async () => {
  failing = { authenticate: new Refusal('signature.missing') }
  assert.doesNotMatch((await ask({ ...good, Name: '' })).text, /name/i)
})

test('parameters that are wrong are told before anything is permitted or written', async () => {
  const answer = await ask({ ...good, Name: 'x' })
  assert.match(answer.text, /<Code>ValidationError</)
  assert.deepEqual(steps, ['authenticate'])
})

for (const at of ['authenticate', 'permit', 'record', 'run'] as const) {
  test(`a bug at “${at}” is answered without a word of it, and logged under the request’s id`, async () => {
    const bug = new TypeError('secret innards')
    failing = { [at]: bug }
    const answer = await ask(good)
    assert.equal(answer.status, 500)
    assert.match(answer.text, /<Type>Receiver<\/Type><Code>InternalFailure</)
    assert.doesNotMatch(answer.text, /innards|TypeError|\.ts|\n\s+at /)
    const requestId = answer.headers['x-amzn-requestid']
    assert.deepEqual(lines, [{ level: 'error', context: { requestId, action: 'Change', err: bug } }])
  })
}

test('what a caller wrote comes back as text, never as markup', async () => {
  const answer = await ask({ ...good, Name: '</Name><Code>x', Note: '\0\ud800&' })
  assert.equal(answer.status, 200)
  assert.ok(answer.text.includes('<Name>&lt;/Name&gt;&lt;Code&gt;x</Name>'), answer.text)
  const unknown = await ask({ Action: '</Message><Code>x', Version: '1' })
  assert.doesNotMatch(unknown.text, /<Code>x/)
})

const head = `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n`

test('a body that is never finished is given up after ten seconds, and its connection with it', async context => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const begun = once(server, 'request')
  const answer = sendRaw(port, `${head}Content-Length: 100\r\n\r\nAction=Look`)
  await begun
  context.mock.timers.tick(10_000)
  const { statuses, text: answered } = await answer
  assert.deepEqual(statuses, [408])
  assert.match(answered, /<Code>RequestTimeout</)
  assert.deepEqual(steps, [])
})

test('a client that goes away in the middle is a refusal, not a bug', async () => {
  const socket = connect(port, '127.0.0.1')
  const begun = once(server, 'request')
  socket.write(`${head}Content-Length: 100\r\n\r\nAction=Look`)
  const [, response] = await begun
  const closed = once(response, 'close')
  socket.destroy()
  await closed
  await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['info'],
  )
  assert.deepEqual(steps, [])
})

test('a query counts for a GET and for a POST without a body', async () => {
  const query = 'Action=Look&Version=1&Name=one'
  assert.equal((await supertest(server).get(`/?${query}`)).status, 200)
  assert.equal((await supertest(server).post(`/?${query}`)).status, 200)
  assert.deepEqual(steps, ['run', 'run'])
})

for (const [story, path, type, body, code] of [
  [
    'an Action in the query beside the body’s',
    '/?Action=Look',
    'form',
    'Action=Change&Version=1',
    'MalformedQueryString',
  ],
  [
    'an Action in the query, once in escapes',
    '/?%41ction=Look',
    'form',
    'Action=Change&Version=1',
    'MalformedQueryString',
  ],
  ['a query that can’t be read', '/?%zz', 'form', 'Action=Look&Version=1&Name=one', 'MalformedQueryString'],
  ['a body of another type', '/', 'text/plain', 'Action=Look&Version=1&Name=one', 'UnsupportedMediaType'],
] as const) {
  test(`${story} is refused before anybody is asked`, async () => {
    const answer = await supertest(server).post(path).type(type).send(body)
    assert.equal(/<Code>(\w+)</.exec(answer.text)?.[1], code)
    assert.deepEqual(steps, [])
  })
}
