import type { Mail } from '../mail/mailer.ts'
import { codeMinutes } from './mailed-codes.ts'

/** At `publicUrl`, which is configured: no address in a mail comes from a request. */
type Place = { publicUrl: string }

/**
 * What is written to people. Nothing in there was chosen by whoever asked for it: a name would carry somebody's
 * advertisement to a stranger's mailbox.
 */
export const mails = {
  confirm: (to: string, code: string, { publicUrl }: Place): Mail => ({
    to,
    subject: `${code} is your code`,
    text: `Somebody, most likely you, is making an account at ${publicUrl} with this address.

Your code: ${code}

It is good once, for ${codeMinutes} minutes, in the browser where it was asked for. If it was not you, do nothing: without the
code there will be no account. Don't give it to anybody who asks for it.`,
  }),
  exists: (to: string, { publicUrl }: Place): Mail => ({
    to,
    subject: 'You have an account already',
    text: `Somebody, most likely you, tried to make an account at ${publicUrl} with this address. It has one already.

Log in there, or choose "Forgotten password?" to get a new one. If it was not you, do nothing: they learned nothing, and
nothing has changed.`,
  }),
  reset: (to: string, code: string, { publicUrl }: Place): Mail => ({
    to,
    subject: `${code} is your code for a new password`,
    text: `Somebody, most likely you, asked for a new password at ${publicUrl}.

Your code: ${code}

It is good once, for ${codeMinutes} minutes, in the browser where it was asked for. If it was not you, do nothing: your password
stays as it is. Don't give it to anybody who asks for it.`,
  }),
  newAddress: (to: string, code: string, { publicUrl }: Place): Mail => ({
    to,
    subject: `${code} is your code`,
    text: `This address is to become that of an account at ${publicUrl}.

Your code: ${code}

It is good once, for ${codeMinutes} minutes, in the browser where it was asked for. If it was not you, do nothing.`,
  }),
  addressTaken: (to: string, { publicUrl }: Place): Mail => ({
    to,
    subject: 'This address has an account already',
    text: `Somebody, most likely you, tried to give this address to another account at ${publicUrl}. It has one already, so
that nothing has changed.`,
  }),
  changed: (to: string, what: string, { publicUrl }: Place): Mail => ({
    to,
    subject: `Your account: ${what}`,
    text: `Of your account at ${publicUrl}: ${what}.

If it was not you, choose "Forgotten password?" there at once: a new password ends every session.`,
  }),
  addressChanged: (to: string, { publicUrl }: Place): Mail => ({
    to,
    subject: 'Your account has another address now',
    text: `Your account at ${publicUrl} has another mail address now, and this one opens it no longer. If it was not you, tell
whoever runs the service.`,
  }),
  deleted: (to: string, { publicUrl }: Place): Mail => ({
    to,
    subject: 'Your account is deleted',
    text: `Your account at ${publicUrl} is deleted, and its sessions and credentials are over. If it was not you, tell whoever
runs the service.`,
  }),
  factorRefused: (to: string, { publicUrl }: Place): Mail => ({
    to,
    subject: 'Your password was right, your second factor was not',
    text: `Somebody gave the right password of your account at ${publicUrl}, and then a wrong code. If it was not you, they know
your password: log in and change it.`,
  }),
}
