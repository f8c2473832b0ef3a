import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createMailer } from '../../server/mail/mailer.ts'
import { startMailServer } from '../support/mail-server.ts'
import { until } from '../support/until.ts'

const mail = (to: string) => ({ to, subject: 'Hello', text: 'Your code: 12345-67890' })

function createLog() {
  const lines: string[] = []
  const write = (context: object, message: string) => void lines.push(JSON.stringify({ ...context, message }))
  return { lines, warn: write, error: write }
}

describe('mail', () => {
  const settings = { host: '127.0.0.1', secure: false, plain: true, from: 'rolecall@example.com' }

  test('goes out as plain text, to one address, after whoever asked for it went on', async () => {
    const server = await startMailServer()
    const mailer = createMailer({ ...settings, port: server.port }, createLog())
    mailer.send(mail('ada@example.com'))
    assert.equal(server.received.length, 0)
    const { from, to, headers, text } = await server.mailTo('ada@example.com')
    assert.deepEqual([from, to], ['rolecall@example.com', ['ada@example.com']])
    assert.match(headers, /Content-Type: text\/plain/)
    assert.match(text, /12345-67890/)
    await mailer.close()
  })

  test('an address is never read as several', async () => {
    const server = await startMailServer()
    const mailer = createMailer({ ...settings, port: server.port }, createLog())
    mailer.send(mail('a@example.com, b@example.com'))
    mailer.send(mail('ada@example.com'))
    await server.mailTo('ada@example.com')
    for (const { to } of server.received) assert.ok(!to.includes('b@example.com') || to.length === 1)
    await mailer.close()
  })

  test('beyond loopback it is not sent without TLS', async () => {
    const server = await startMailServer()
    const log = createLog()
    const mailer = createMailer({ ...settings, plain: false, port: server.port }, log, { retryMs: 1 })
    mailer.send(mail('ada@example.com'))
    await until(() => log.lines.some(line => line.includes('"isFinal":true')))
    assert.equal(server.received.length, 0)
    await mailer.close()
  })

  test('a server whose certificate nobody vouches for gets nothing', async () => {
    const server = await startMailServer({ disabledCommands: [] })
    const log = createLog()
    const mailer = createMailer({ ...settings, plain: false, port: server.port }, log, { retryMs: 1 })
    mailer.send(mail('ada@example.com'))
    await until(() => log.lines.some(line => line.includes('"isFinal":true')))
    assert.equal(server.received.length, 0)
    await mailer.close()
  })

  test('what can’t be sent is tried again, then logged without its text', async () => {
    let refusals = 0
    const server = await startMailServer({
      onRcptTo({ address }, _session, done) {
        if (address.startsWith('later') && refusals++ < 1)
          return done(Object.assign(new Error('busy'), { responseCode: 451 }))
        if (address.startsWith('never')) return done(Object.assign(new Error('no'), { responseCode: 550 }))
        done()
      },
    })
    const log = createLog()
    const mailer = createMailer({ ...settings, port: server.port }, log, { retryMs: 1 })
    mailer.send(mail('later@example.com'))
    mailer.send(mail('never@example.com'))
    await server.mailTo('later@example.com')
    await until(() => log.lines.some(line => line.includes('550')))
    assert.doesNotMatch(log.lines.join('\n'), /12345|Hello/)
    await mailer.close()
  })

  test('a server that is gone holds nobody up, and the queue has an end', async () => {
    const log = createLog()
    const mailer = createMailer({ ...settings, port: 1 }, log, { retryMs: 1 })
    for (let n = 0; n < 1_100; n++) mailer.send(mail(`n${n}@example.com`))
    assert.ok(log.lines.filter(line => line.includes('was dropped')).length >= 90)
    await mailer.close()
  })
})
