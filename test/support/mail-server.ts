import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export type ReceivedMail = { from: string; to: string[]; headers: string; text: string }

export type MailServer = {
  port: number
  received: ReceivedMail[]
  /** The nth mail to this address, waited for. */
  mailTo(address: string, nth?: number): Promise<ReceivedMail>
  /** The code in it. */
  codeTo(address: string, nth?: number): Promise<string>
}

/** A mail server on loopback that keeps what it gets, until the test file ends. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const received: ReceivedMail[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    // Connections are kept open by whoever sends.
    closeTimeout: 50,
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', chunk => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        const [headers = '', ...body] = Buffer.concat(chunks).toString().split('\r\n\r\n')
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          headers,
          text: plainOf(headers, body.join('\r\n\r\n')),
        })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => undefined)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()))
  after(() => new Promise<void>(resolve => server.close(() => resolve())))

  const one: MailServer = {
    port: (server.server.address() as AddressInfo).port,
    received,
    async mailTo(address, nth = 1) {
      for (;;) {
        const mail = received.filter(({ to }) => to.includes(address))[nth - 1]
        if (mail !== undefined) return mail
        await new Promise(resolve => setTimeout(resolve, 10))
      }
    },
    codeTo: async (address, nth) => codeIn((await one.mailTo(address, nth)).text),
  }
  return one
}

export function codeIn(text: string): string {
  const code = /Your code: ([0-9A-Z]{5}-[0-9A-Z]{5})/.exec(text)?.[1]
  if (code === undefined) throw new Error(`no code in: ${text}`)
  return code
}

function plainOf(headers: string, body: string): string {
  if (!/quoted-printable/i.test(headers)) return body
  return Buffer.from(
    body
      .replace(/=\r\n/g, '')
      .replace(/=([0-9A-F]{2})/g, (_whole, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString()
}
