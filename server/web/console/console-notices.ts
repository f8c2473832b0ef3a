import type { Notice } from '../notices.ts'

/** What the console may be told to say, by a code in its address. Anything else says nothing. */
const notices = {
  choose: { tone: 'info', text: 'Choose the role that you want to work as first.' },
  left: { tone: 'info', text: 'You have left the console.' },
  over: { tone: 'info', text: 'Your time as that role is over. Choose a role to go on.' },
  ended: { tone: 'problem', text: 'Your session as that role was ended. Choose a role to go on.' },
  'secret-made': { tone: 'info', text: 'The secret is made.' },
  'secret-value-put': { tone: 'info', text: 'The new value is the current one.' },
  'secret-label-moved': { tone: 'info', text: 'The label is moved.' },
  'secret-label-removed': { tone: 'info', text: 'The label is taken off.' },
  'secret-described': { tone: 'info', text: 'The description is changed.' },
  'secret-tagged': { tone: 'info', text: 'The tag is set.' },
  'secret-untagged': { tone: 'info', text: 'The tag is taken off.' },
  'secret-deleted': {
    tone: 'info',
    text: 'It is scheduled for deletion. Until its time is over it can be restored.',
  },
  'secret-restored': { tone: 'info', text: 'It is restored, and is no longer to be deleted.' },
  'secret-policy-deleted': { tone: 'info', text: 'The policy is deleted.' },
  'secret-rotation-begun': {
    tone: 'info',
    text: 'The rotation is begun. Its history says how it goes; look again in a moment.',
  },
  'secret-rotation-off': { tone: 'info', text: 'Rotation is turned off.' },
  withdrawn: { tone: 'problem', text: 'That role does not admit you any more. Nothing further was done.' },
} as const satisfies Record<string, Notice>

export type ConsoleNoticeCode = keyof typeof notices

export function consoleNotice(code: string | undefined): Notice | undefined {
  return code !== undefined && Object.hasOwn(notices, code) ? notices[code as ConsoleNoticeCode] : undefined
}
