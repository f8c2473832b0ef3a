import type { Result } from '../../../aws/action.ts'
import { structuresIn, textIn } from '../read-answer.ts'

export type ShownFinding = {
  level: string
  isProblem: boolean
  line: number
  column: number
  message: string
  fix: string
}

/** Lines as they follow one another, and how many were left out between them. */
export type PolicyLine = { number: number; text: string; findings: readonly ShownFinding[]; skipped: number }

const levels: Readonly<Record<string, string>> = { Security: 'Risk' }

/** LintPolicy's. */
export function findingsIn(answer: Result): ShownFinding[] {
  return structuresIn(answer, 'Findings').map(finding => {
    const level = textIn(finding, 'Level') ?? ''
    return {
      level: levels[level] ?? level,
      isProblem: level === 'Error' || level === 'Security',
      line: Number(textIn(finding, 'Line')),
      column: Number(textIn(finding, 'Column')),
      message: textIn(finding, 'Message') ?? '',
      fix: textIn(finding, 'Fix') ?? '',
    }
  })
}

const wholeUpTo = 200
const around = 2

/** A policy line by line, each with what was found there. Of a long one, the lines around what was found. */
export function linesWith(text: string, findings: readonly ShownFinding[]): PolicyLine[] {
  const lines = text.split('\n')
  const byLine = Map.groupBy(findings, ({ line }) => Math.min(line, lines.length))
  const isNear = (number: number) =>
    lines.length <= wholeUpTo || [...byLine.keys()].some(line => Math.abs(line - number) <= around)
  let last = 0
  return lines.flatMap((line, index) => {
    const number = index + 1
    if (!isNear(number)) return []
    const skipped = number - last - 1
    last = number
    return [{ number, text: line, findings: byLine.get(number) ?? [], skipped }]
  })
}

/** How many of which level, gravest first: "1 error, 2 warnings". */
export function countInWords(findings: readonly ShownFinding[]): string {
  const counted = ['Error', 'Risk', 'Warning', 'Suggestion'].flatMap(level => {
    const count = findings.filter(finding => finding.level === level).length
    return count === 0 ? [] : [`${count} ${level.toLowerCase()}${count === 1 ? '' : 's'}`]
  })
  return counted.join(', ')
}

/** A policy that stands on one line has no lines to look at: it is laid out, where that changes nothing that it says. */
export function laidOut(text: string): string {
  if (text.trim().includes('\n')) return text
  try {
    const value: unknown = JSON.parse(text)
    const dense = text.replaceAll(/"(?:[^"\\]|\\.)*"|\s+/g, part => (part.startsWith('"') ? part : ''))
    // Unequal where a name stands there twice, or a number was rounded: the linter must see it as it is.
    return JSON.stringify(value) === dense ? JSON.stringify(value, null, 2) : text
  } catch {
    return text
  }
}
