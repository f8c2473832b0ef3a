import { styleText } from 'node:util'
import type { DescribedEvent } from '../diagnostics/request/describe-event.ts'
import type { Step } from '../diagnostics/step.ts'

const marks = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  problem: ['✗', 'red'],
  skipped: ['-', 'gray'],
} as const

const checkWidth = 30

type Style = Parameters<typeof styleText>[0]

/** Colours where the output is a terminal that shows them and NO_COLOR does not say otherwise. */
function paint(style: Style, text: string, output: NodeJS.WritableStream): string {
  return styleText(style, text, { stream: output as NodeJS.WriteStream, validateStream: true })
}

export function renderStep(step: Step, output: NodeJS.WritableStream): string {
  const [mark, colour] = marks[step.outcome]
  const check = printable(step.check).padEnd(checkWidth)
  const found = `${paint(colour, mark, output)} ${check} ${printable(step.says)}\n`
  return 'change' in step ? `${found}  ${paint('bold', '→', output)} ${printable(step.change)}\n` : found
}

/** What all steps come to. */
export function renderSum(steps: readonly Step[], output: NodeJS.WritableStream): string {
  const count = (outcome: Step['outcome']) => steps.filter(step => step.outcome === outcome).length
  const [problems, warnings, left] = [count('problem'), count('warning'), count('skipped')]
  const found = [
    ...(problems > 0 ? [plural(problems, 'problem')] : []),
    ...(warnings > 0 ? [plural(warnings, 'warning')] : []),
  ]
  const words = found.length === 0 ? 'No problem was found' : found.join(', ')
  const style = problems > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green'
  const rest = left === 0 ? '' : ` (${left} not looked at)`
  return `\n${paint(style, words, output)}${rest}.\n`
}

export function renderEvent(
  { headline, facts, advice }: DescribedEvent,
  output: NodeJS.WritableStream,
): string {
  const width = Math.max(...facts.map(([name]) => name.length))
  const lines = facts.map(([name, value]) => `  ${printable(name).padEnd(width)}  ${printable(value)}\n`)
  const words =
    advice === undefined ? '' : `\n${advice.means}\n${paint('bold', '→', output)} ${advice.change}\n`
  return `${paint('bold', printable(headline), output)}\n\n${lines.join('')}${words}`
}

/** Strangers choose some of it: what they send must not steer the operator's terminal. Line breaks are ours alone. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n]|[\p{Cf}\p{Cs}\u2028\u2029]/gu, character => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
