import type { Reason } from '../base/refusal.ts'
import { sentenceOf } from './faults.ts'

export type Notice = { tone: 'info' | 'problem'; text: string; requestId?: string }

/** What the sign-in page and the account's may be told to say, by a code in its address. Anything else says nothing. */
const notices = {
  'signed-out': { tone: 'info', text: 'You are signed out.' },
  cancelled: { tone: 'info', text: sentenceOf('signIn.cancelled', {}) },
  over: { tone: 'problem', text: sentenceOf('signIn.stateUnknown', {}) },
  failed: { tone: 'problem', text: sentenceOf('signIn.failed', {}) },
  unverified: { tone: 'problem', text: sentenceOf('token.signatureWrong', {}) },
  refused: { tone: 'problem', text: sentenceOf('password.refused', {}) },
  unreachable: { tone: 'problem', text: sentenceOf('issuer.unreachable', {}) },
  unavailable: { tone: 'problem', text: sentenceOf('audit.unavailable', {}) },
  linked: { tone: 'info', text: 'It is linked. You are the same person here, whichever way you come in.' },
  unlinked: { tone: 'info', text: 'It is unlinked, and the credentials that were got by it are over.' },
  'linked-already': { tone: 'info', text: 'That way in is linked to you already.' },
  same: {
    tone: 'problem',
    text: 'You came back as the one that you are signed in as. Choose another account to link it.',
  },
  taken: { tone: 'problem', text: 'That way in is linked elsewhere already. It can’t be linked here.' },
  transient: {
    tone: 'problem',
    text: 'The provider gives you another name at each sign-in, so that it can’t be linked.',
  },
  mixed: { tone: 'problem', text: 'What a stand-in vouches for can be linked with stand-ins alone.' },
  full: { tone: 'problem', text: 'You have as many ways in as there may be.' },
  another: { tone: 'problem', text: sentenceOf('signIn.another', {}) },
  last: { tone: 'problem', text: 'The last way in can’t be unlinked.' },
  changed: { tone: 'problem', text: 'Your ways in were changed at the same time. Please look again.' },
  late: { tone: 'problem', text: 'That took too long, or was begun elsewhere. Nothing has happened.' },
  'password-set': { tone: 'info', text: 'Your new password is set. Log in with it.' },
  'password-changed': {
    tone: 'info',
    text: 'Your password is changed, and every other session of yours is over.',
  },
  'password-removed': { tone: 'info', text: 'Your password is gone. Your passkeys let you in.' },
  'email-changed': { tone: 'info', text: 'Your address is changed.' },
  'app-removed': { tone: 'info', text: 'The authenticator app is removed.' },
  'app-added': { tone: 'info', text: 'The authenticator app is added.' },
  'passkey-added': { tone: 'info', text: 'The passkey is added.' },
  'passkey-removed': { tone: 'info', text: 'The passkey is removed.' },
  'passkey-named': { tone: 'info', text: 'The passkey has its new name.' },
  'session-ended': { tone: 'info', text: 'That session is over.' },
  'sessions-ended': {
    tone: 'info',
    text: 'All your other sessions are over, and the credentials from them.',
  },
  'account-deleted': { tone: 'info', text: 'Your account is deleted.' },
  'not-right': { tone: 'problem', text: 'That was not right. Nothing has changed.' },
  'last-factor': { tone: 'problem', text: 'It is the only way into your account, and can’t be removed.' },
  'passkey-known': { tone: 'problem', text: 'That passkey is there already.' },
  required: { tone: 'info', text: sentenceOf('signIn.required', {}) },
} as const satisfies Record<string, Notice>

export type NoticeCode = keyof typeof notices

/** Of a problem also the request's id, for whoever reports it; nothing else of the address is shown. */
export function noticeFor(url: string): Notice | undefined {
  const code = /[?&]notice=([a-z-]{1,20})(?:&|$)/.exec(url)?.[1]
  if (code === undefined || !Object.hasOwn(notices, code)) return undefined
  const notice = notices[code as NoticeCode]
  const requestId = /&request=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(url)?.[1]
  return notice.tone === 'info' || requestId === undefined ? notice : { ...notice, requestId }
}

export function failureNotice(reason: Reason): NoticeCode {
  if (reason === 'signIn.cancelled') return 'cancelled'
  if (reason === 'signIn.stateUnknown') return 'over'
  if (reason === 'password.refused') return 'refused'
  if (reason === 'issuer.unreachable') return 'unreachable'
  if (reason === 'audit.unavailable') return 'unavailable'
  return reason.startsWith('token.') ? 'unverified' : 'failed'
}
