import type { Notice } from '../notices.ts'

/** What the console may be told to say, by a code in its address. Anything else says nothing. */
const notices = {
  choose: { tone: 'info', text: 'Choose the role that you want to work as first.' },
  left: { tone: 'info', text: 'You have left the console.' },
  over: { tone: 'info', text: 'Your time as that role is over. Choose a role to go on.' },
  ended: { tone: 'problem', text: 'Your session as that role was ended. Choose a role to go on.' },
  withdrawn: { tone: 'problem', text: 'That role does not admit you any more. Nothing further was done.' },
} as const satisfies Record<string, Notice>

export type ConsoleNoticeCode = keyof typeof notices

export function consoleNotice(code: string | undefined): Notice | undefined {
  return code !== undefined && Object.hasOwn(notices, code) ? notices[code as ConsoleNoticeCode] : undefined
}
