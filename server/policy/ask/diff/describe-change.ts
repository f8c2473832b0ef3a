import type { Statement } from '../../language/statement.ts'
import { conditionTexts } from '../condition-text.ts'
import type { Cause, Instead } from './cause.ts'
import type { Means, Meant } from './change.ts'
import { namesIn } from './meant-patterns.ts'

/**
 * `Statement 1 (Read) no longer allows s3:GetObject on any resource; now, only on arn:aws:s3:::b/*.`
 * Statements are counted from 1, those of the old version in the old document.
 */
export function describeChange({ direction, made, side, alsoAllows, instead }: Cause, meant: Meant): string {
  const verb = made.effect === 'Allow' ? 'allow' : 'denie'
  const does = side === 'new' ? `now ${verb}s` : `no longer ${verb}s`
  const where = made.conditions.length === 0 ? '' : `, if ${conditionTexts(made.conditions)}`
  const sentence = `${statementName(made)} ${does} ${describeMeans(meant)}${where}`
  const tails = [
    instead && `${side === 'new' ? 'before' : 'now'}, only ${describeInstead(instead)}`,
    alsoAllows && `${lowerFirst(statementName(alsoAllows))} now allows it`,
    direction.startsWith('deny') && 'nothing in this policy allows it',
  ]
  return `${[sentence, ...tails.filter(tail => typeof tail === 'string')].join('; ')}.`
}

function statementName({ index, sid }: Statement): string {
  return `Statement ${index + 1}${sid === undefined ? '' : ` (${sid})`}`
}

function describeMeans({ actions, resources, principals }: Meant): string {
  return [
    words(actions, 'any action'),
    ...(resources === undefined ? [] : [`on ${words(resources, 'any resource')}`]),
    ...(principals === undefined ? [] : [`for ${words(principals, 'anybody')}`]),
  ].join(' ')
}

function describeInstead({ statement, failed }: Instead): string {
  const { actions, resources, principal } = statement
  if (failed === 'Action') return words({ not: actions.negated, written: actions.written }, 'any action')
  if (failed === 'Resource') {
    return `on ${words({ not: resources?.negated ?? false, written: resources?.written ?? [] }, 'any resource')}`
  }
  if (failed === 'Principal') {
    return `for ${words({ not: principal?.negated ?? false, written: principal ? namesIn(principal) : [] }, 'anybody')}`
  }
  if (failed === 'delegated') return 'as far as the policies of their account allow it too'
  if (failed === 'limited') return 'as far as boundaries and session policies allow it too'
  return `if ${conditionTexts(failed)}`
}

/** More names than this are counted. */
const mostNames = 5

function words({ not, written }: Means, all: string): string {
  if (written.includes('*')) return not ? 'nothing' : all
  const shown = written.length > mostNames ? written.slice(0, mostNames - 1) : written
  const more = written.length > shown.length ? [`${written.length - shown.length} more`] : []
  const list = [...shown, ...more]
  const text = list.length < 2 ? (list[0] ?? '') : `${list.slice(0, -1).join(', ')} and ${list.at(-1)}`
  return not ? `everything but ${text}` : text
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
