import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createOutbound, isPublicAddress, type OutboundOptions } from '../../server/base/outbound.ts'
import { Refusal } from '../../server/base/refusal.ts'

const development = { allowPrivate: () => false, allowLoopbackHttp: true }
const production = { allowPrivate: () => false, allowLoopbackHttp: false }

/** A real server on loopback, its address without a path. */
async function serve(context: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Answers every name with these addresses, as a name server in an attacker's hands would. */
function lookupOf(...addresses: string[]): LookupFunction {
  return (_hostname, options, callback) => {
    const all = addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
    if (options.all) callback(null, all)
    else callback(null, all[0]?.address ?? '', all[0]?.family)
  }
}

function refusedWith(detail: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof Refusal, String(error))
    assert.equal(error.reason, 'issuer.unreachable')
    assert.match(error.detail ?? '', detail)
    return true
  }
}

function call(url: string, options: Partial<OutboundOptions> = {}) {
  return createOutbound({ ...development, ...options }).fetchText(url)
}

test('an answer comes whole, with status and headers', async context => {
  const url = await serve(context, (request, response) => {
    response.writeHead(404, { 'x-seen': request.headers.accept }).end(`${request.method} ${request.url}`)
  })
  const { status, headers, body } = await call(`${url}/a?b=c`)
  assert.deepEqual([status, headers['x-seen'], body], [404, 'application/json', 'GET /a?b=c'])
})

test('a body is sent as it was given', async context => {
  const url = await serve(context, async (request, response) => {
    const parts = await request.setEncoding('utf8').toArray()
    response.end(JSON.stringify({ body: parts.join(''), ...request.headers }))
  })
  const outbound = createOutbound(development)
  const { body } = await outbound.fetchJson(url, { method: 'POST', body: 'a=ä', headers: { 'x-mine': '1' } })
  const seen = body as Record<string, string>
  assert.deepEqual([seen.body, seen['content-length'], seen['x-mine']], ['a=ä', '4', '1'])
})

test('an answer that is not JSON is no answer where JSON was asked for', async context => {
  const url = await serve(context, (_request, response) => response.end('<html>'))
  await assert.rejects(createOutbound(development).fetchJson(url), refusedWith(/not JSON/))
})

test('a connection is used again, and any number of calls at once shares eight', async context => {
  const ports = new Set<number | undefined>()
  const url = await serve(context, (request, response) => {
    ports.add(request.socket.remotePort)
    setImmediate(() => response.end())
  })
  const outbound = createOutbound(development)
  await outbound.fetchText(url)
  await outbound.fetchText(url)
  assert.equal(ports.size, 1)
  await Promise.all(Array.from({ length: 40 }, () => outbound.fetchText(url)))
  assert.ok(ports.size <= 8, `${ports.size} connections`)
})

for (const status of [301, 302, 303, 304, 307, 308]) {
  test(`a redirect with ${status} is not followed`, async context => {
    let asked = 0
    const url = await serve(context, (_request, response) => {
      asked++
      response.writeHead(status, { location: '/elsewhere' }).end()
    })
    await assert.rejects(call(url), refusedWith(/redirect/))
    assert.equal(asked, 1)
  })
}

test('an answer longer than allowed is cut off where the bound is', async context => {
  let sent = 0
  const url = await serve(context, (_request, response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(16 * 1024))) sent += 16 * 1024
    }
    response.on('drain', more)
    more()
  })
  await assert.rejects(call(url), refusedWith(/longer than 262144 bytes/))
  assert.ok(sent < 64 * 1024 * 1024, 'an endless answer ends')
})

test('an answer of exactly the bound is taken, and one byte more is not', async context => {
  const url = await serve(context, (request, response) =>
    response.end('x'.repeat(Number(request.url?.slice(1)))),
  )
  assert.equal((await call(`${url}/100`, { maxBytes: 100 })).body.length, 100)
  await assert.rejects(call(`${url}/101`, { maxBytes: 100 }), refusedWith(/longer than 100 bytes/))
})

test('an answer that drips steadily is over at the deadline all the same', async context => {
  const url = await serve(context, (_request, response) => {
    const drip = setInterval(() => response.write('.'), 10)
    response.on('close', () => clearInterval(drip))
  })
  await assert.rejects(call(url, { timeoutMs: 150 }), refusedWith(/within 150 ms/))
})

test('a server that accepts and says nothing is given up', async context => {
  const url = await serve(context, () => {})
  await assert.rejects(call(url, { timeoutMs: 50 }), refusedWith(/within 50 ms/))
})

test('a name that never resolves is given up', async () => {
  await assert.rejects(
    call('https://issuer.example/', { timeoutMs: 50, lookup: () => {} }),
    refusedWith(/within 50 ms/),
  )
})

test('an answer that breaks off is no answer', async context => {
  const url = await serve(context, (_request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('half')
    setImmediate(() => response.socket?.destroy())
  })
  await assert.rejects(call(url), refusedWith(/aborted|hang up|ECONNRESET/))
})

test('a caller may give up sooner', async context => {
  const url = await serve(context, () => {})
  const calling = createOutbound(development).fetchText(url, { signal: AbortSignal.abort() })
  await assert.rejects(calling, refusedWith(/aborted/))
})

test('what is logged of a failure holds neither query nor body', async context => {
  const url = await serve(context, (_request, response) => response.writeHead(302).end())
  const calling = createOutbound(development).fetchText(`${url}/path?token=secret`, { body: 'secret' })
  await assert.rejects(calling, (error: Refusal) => {
    assert.doesNotMatch(`${error.stack}${JSON.stringify(error)}`, /secret/)
    return refusedWith(/\/path: /)(error)
  })
})

for (const [story, url, detail] of [
  ['plain http to a name', 'http://issuer.example/', /http: is not https:/],
  ['plain http to a public address', 'http://8.8.8.8/', /http: is not https:/],
  ['a file', 'file:///etc/passwd', /file: is not https:/],
  ['data in the URL', 'data:application/json,{}', /data: is not https:/],
  ['credentials in the URL', 'https://user:secret@issuer.example/', /holds credentials/],
  ['a user in the URL', 'https://user@issuer.example/', /holds credentials/],
  ['no URL', 'issuer.example', /does not parse/],
  ['a private address', 'https://10.0.0.1/', /not a public address/],
  ['a private address in IPv6', 'https://[fd00::1]/', /not a public address/],
  ['the metadata service', 'https://169.254.169.254/latest/meta-data/', /not a public address/],
  ['the metadata service, as one number', 'https://2852039166/', /not a public address/],
  ['the metadata service, in hexadecimal', 'https://0xa9.0xfe.0xa9.0xfe/', /not a public address/],
  ['the metadata service, in octal', 'https://0251.0376.0251.0376/', /not a public address/],
  ['the metadata service, mapped into IPv6', 'https://[::ffff:169.254.169.254]/', /not a public address/],
  ['the metadata service over http', 'http://169.254.169.254/', /http: is not https:/],
  ['loopback mapped into IPv6', 'http://[::ffff:127.0.0.1]/', /http: is not https:/],
  ['every address of this machine', 'http://0.0.0.0/', /http: is not https:/],
  ['a name that begins like loopback', 'http://127.0.0.1.example/', /http: is not https:/],
  ['a name that ends like localhost', 'http://evillocalhost/', /http: is not https:/],
  ['a name that begins with localhost', 'http://localhost.evil.example/', /http: is not https:/],
] as const) {
  test(`${story} is not called`, async () => {
    const lookup = () => assert.fail('it was looked up')
    await assert.rejects(call(url, { lookup }), refusedWith(detail))
  })
}

for (const url of ['http://127.0.0.1:9/', 'http://localhost:9/', 'http://[::1]:9/', 'https://127.0.0.1:9/']) {
  test(`loopback is not called in production: ${url}`, async () => {
    await assert.rejects(call(url, production), refusedWith(/not https:|not a public address/))
  })
}

test('in production localhost is not called over https either, wherever its name leads', async () => {
  await assert.rejects(call('https://localhost:9/', production), refusedWith(/may not be called/))
})

for (const [story, addresses] of [
  ['to a private address', ['192.168.1.1']],
  ['to the metadata service', ['169.254.169.254']],
  ['to loopback', ['127.0.0.1']],
  ['to loopback in IPv6', ['::1']],
  ['to a mapped address', ['::ffff:10.0.0.1']],
  ['to a public and a private address at once', ['8.8.8.8', '10.0.0.1']],
] as const) {
  test(`a name that leads ${story} is not called`, async context => {
    // Were the address not judged, this server would answer; it stands for whatever listens in there.
    const url = new URL(await serve(context, (_request, response) => response.end('secret')))
    await assert.rejects(
      call(`https://issuer.example:${url.port}/`, { lookup: lookupOf(...addresses) }),
      refusedWith(/issuer\.example is at .*, which may not be called/),
    )
  })
}

test('plain http to localhost goes nowhere else, whatever the name server says', async () => {
  for (const address of ['8.8.8.8', '10.0.0.1']) {
    for (const url of ['http://localhost:9/', 'http://issuer.localhost:9/']) {
      await assert.rejects(call(url, { lookup: lookupOf(address) }), refusedWith(/may not be called/))
    }
  }
})

test('the address is judged at every connection: a name that is bound anew does not slip through', async context => {
  let asked = 0
  const url = new URL(
    await serve(context, (_request, response) => {
      asked++
      response.setHeader('connection', 'close').end('ok')
    }),
  )
  let answers = lookupOf('127.0.0.1')
  const lookup: LookupFunction = (...given) => answers(...given)
  const outbound = createOutbound({ ...development, lookup })
  await outbound.fetchText(`http://localhost:${url.port}/`)
  answers = lookupOf('10.0.0.1')
  await assert.rejects(outbound.fetchText(`http://localhost:${url.port}/`), refusedWith(/10\.0\.0\.1/))
  assert.equal(asked, 1)
})

test('a private host is called where the operator allows it, by host and port', async context => {
  const url = new URL(await serve(context, (_request, response) => response.end('ok')))
  const allowed: unknown[] = []
  const options = {
    allowLoopbackHttp: false,
    lookup: lookupOf('127.0.0.1'),
    allowPrivate: (host: string, port: number) => {
      allowed.push(host, port)
      return host === 'issuer.internal'
    },
  }
  // The server speaks no TLS: that is as far as an allowed call gets here.
  await assert.rejects(call(`https://issuer.internal:${url.port}/`, options), refusedWith(/SSL|TLS|EPROTO/i))
  assert.deepEqual(allowed, ['issuer.internal', Number(url.port)])
  await assert.rejects(call('https://other.internal/', options), refusedWith(/may not be called/))
  assert.deepEqual(allowed.slice(2), ['other.internal', 443])
  await assert.rejects(call(`http://issuer.internal:${url.port}/`, options), refusedWith(/not https:/))
})

for (const [kind, addresses] of [
  ['this network', ['0.0.0.0', '0.1.2.3', '::']],
  ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.0.1', 'fc00::1', 'fdff::1', 'fec0::1']],
  ['loopback', ['127.0.0.1', '127.255.255.254', '::1']],
  ['link-local', ['169.254.0.1', '169.254.169.254', 'fe80::1', 'fe80::1%eth0']],
  ['shared', ['100.64.0.1', '100.100.100.200', '100.127.255.255']],
  ['of a cloud’s own', ['168.63.129.16', 'fd00:ec2::254', '192.0.0.192']],
  ['multicast and broadcast', ['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1']],
  ['reserved or for documentation', ['240.0.0.1', '192.0.2.1', '198.18.0.1', '203.0.113.1', '2001:db8::1']],
  ['IPv4, mapped', ['::ffff:8.8.8.8', '::ffff:127.0.0.1', '::ffff:0:127.0.0.1']],
  ['IPv4, compatible', ['::8.8.8.8', '::127.0.0.1', '::7f00:1']],
  ['given out to nobody', ['::2', '1::1', '4000::1', 'fe00::1']],
  ['IPv4, by 6to4, Teredo or NAT64', ['2002:7f00:1::', '2001::7f00:1', '64:ff9b::7f00:1', '64:ff9b:1::1']],
  ['no address', ['', 'localhost', '1.2.3', '256.1.1.1']],
] as const) {
  test(`not public: ${kind}`, () => {
    for (const address of addresses) assert.equal(isPublicAddress(address), false, address)
  })
}

test('public addresses are public', () => {
  for (const address of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1', '2a00:1450::1']) {
    assert.equal(isPublicAddress(address), true, address)
  }
})
