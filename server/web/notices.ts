import type { Reason } from '../base/refusal.ts'
import { sentenceOf } from './faults.ts'

export type Notice = { tone: 'info' | 'problem'; text: string; requestId?: string }

/** What the sign-in page may be told to say, by a code in its address. Anything else says nothing. */
const notices = {
  'signed-out': { tone: 'info', text: 'You are signed out.' },
  cancelled: { tone: 'info', text: sentenceOf('signIn.cancelled', {}) },
  over: { tone: 'problem', text: sentenceOf('signIn.stateUnknown', {}) },
  failed: { tone: 'problem', text: sentenceOf('signIn.failed', {}) },
  unverified: { tone: 'problem', text: sentenceOf('token.signatureWrong', {}) },
  refused: { tone: 'problem', text: sentenceOf('password.refused', {}) },
  throttled: { tone: 'problem', text: sentenceOf('request.throttled', {}) },
  unreachable: { tone: 'problem', text: sentenceOf('issuer.unreachable', {}) },
  unavailable: { tone: 'problem', text: sentenceOf('audit.unavailable', {}) },
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
  if (reason === 'request.throttled') return 'throttled'
  if (reason === 'issuer.unreachable') return 'unreachable'
  if (reason === 'audit.unavailable') return 'unavailable'
  return reason.startsWith('token.') ? 'unverified' : 'failed'
}
