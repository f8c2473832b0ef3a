import type { Clock } from '../base/clock.ts'
import type { Keyring } from '../keys/keyring.ts'
import { openRecord, sealRecord } from '../keys/sealed-record.ts'

type TicketDeps = { keyring: Keyring; clock: Clock }

/**
 * What a page carries from one step to the next: sealed, for one purpose, for some minutes. It stands in the page
 * alone, and not in the browser's session, which somebody else may have planted there.
 *
 * @param bound what it is for
 */
export function sealTicket(
  { keyring, clock }: TicketDeps,
  bound: string,
  data: object,
  seconds: number,
): string {
  const plain = Buffer.from(JSON.stringify([clock() + seconds * 1000, data]))
  return sealRecord(keyring, 'account-ticket', plain, bound).toString('base64url')
}

/** Undefined for what is over, or was not sealed for this. */
export function openTicket<Data>(
  { keyring, clock }: TicketDeps,
  bound: string,
  ticket: string,
): { data: Data; untilMs: number } | undefined {
  if (ticket.length > 4_096) return undefined
  const plain = openRecord(keyring, 'account-ticket', Buffer.from(ticket, 'base64url'), bound)
  if (plain === undefined) return undefined
  const [untilMs, data]: [number, Data] = JSON.parse(plain.toString('utf8'))
  return untilMs > clock() ? { data, untilMs } : undefined
}
