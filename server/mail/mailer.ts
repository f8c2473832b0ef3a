import { createTransport, type Transporter } from 'nodemailer'

/** Plain text to one address. */
export type Mail = { to: string; subject: string; text: string }

export type Mailer = {
  /** Queues it, and answers at once. What is over the bound is dropped, and logged. */
  send(mail: Mail): void
  /** Waits a moment for what is queued. */
  close(): Promise<void>
}

export type SmtpSettings = {
  host: string
  port: number
  /** TLS from the first byte (smtps), else by STARTTLS. */
  secure: boolean
  /** On loopback alone. */
  plain: boolean
  auth?: { user: string; pass: string } | undefined
  from: string
}

type Log = { warn(context: object, message: string): void; error(context: object, message: string): void }

const bounds = {
  /** Each is a few hundred bytes. */
  mostWaiting: 1_000,
  atOnce: 3,
  tries: 3,
  closeMs: 5_000,
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 20_000,
}

/** Sends over SMTP, with TLS and a verified certificate but on loopback. */
export function createMailer(settings: SmtpSettings, log: Log, { retryMs = 5_000 } = {}): Mailer {
  const transport = openTransport(settings)
  const waiting: Mail[] = []
  let sending = 0
  let isClosing = false
  let whenIdle: (() => void) | undefined

  function pump(): void {
    while (sending < bounds.atOnce) {
      const mail = waiting.shift()
      if (mail === undefined) break
      sending++
      deliver(mail).finally(() => {
        sending--
        pump()
      })
    }
    if (sending === 0) whenIdle?.()
  }

  async function deliver({ to, subject, text }: Mail): Promise<void> {
    for (let left = bounds.tries - 1; ; left--) {
      try {
        // As objects: a text is read as a list of addresses, and one could become several.
        await transport.sendMail({ from: settings.from, to: { name: '', address: to }, subject, text })
        return
      } catch (error) {
        const { code, responseCode } = Object(error)
        const isFinal = responseCode >= 500 || left === 0 || isClosing
        log[isFinal ? 'error' : 'warn']({ code, responseCode, isFinal }, 'a mail could not be sent')
        if (isFinal) return
        await new Promise(resolve => setTimeout(resolve, retryMs).unref())
      }
    }
  }

  return {
    send(mail) {
      if (isClosing || waiting.length >= bounds.mostWaiting) {
        log.error({ waiting: waiting.length }, 'a mail was dropped: too many wait')
        return
      }
      waiting.push(mail)
      // Not in this turn: what asked for it is answered first.
      setImmediate(pump)
    },
    async close() {
      isClosing = true
      const idle = new Promise<void>(resolve => {
        whenIdle = resolve
        pump()
      })
      await Promise.race([idle, new Promise(resolve => setTimeout(resolve, bounds.closeMs).unref())])
      transport.close()
    },
  }
}

function openTransport({ host, port, secure, plain, auth }: SmtpSettings): Transporter {
  return createTransport({
    host,
    port,
    secure,
    requireTLS: !secure && !plain,
    ignoreTLS: plain,
    ...(auth === undefined ? {} : { auth }),
    pool: true,
    maxConnections: bounds.atOnce,
    connectionTimeout: bounds.connectionTimeout,
    greetingTimeout: bounds.greetingTimeout,
    socketTimeout: bounds.socketTimeout,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}
