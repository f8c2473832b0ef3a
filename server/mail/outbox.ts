import { appendFileSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import type { Mail, Mailer } from './mailer.ts'

export type OutboxMail = Mail & { atMs: number }

/** In development, in the place of a mail server. */
export type Outbox = Mailer & {
  /** The newest first. */
  list(): readonly OutboxMail[]
}

const mostKept = 50

/** Keeps the newest mails for a page to show, and writes them into a file that one can watch. */
export function createOutbox(file: string, clock: Clock): Outbox {
  const kept: OutboxMail[] = []
  return {
    list: () => kept,
    send(mail) {
      kept.unshift({ ...mail, atMs: clock() })
      kept.length = Math.min(kept.length, mostKept)
      const head = `Date: ${new Date(clock()).toISOString()}\nTo: ${mail.to}\nSubject: ${mail.subject}`
      appendFileSync(file, `${head}\n\n${mail.text}\n----\n`, { mode: 0o600 })
    },
    close: async () => undefined,
  }
}
