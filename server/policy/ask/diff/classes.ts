import type { Pattern } from '../../match/pattern.ts'
import { resolve } from '../../match/segment.ts'
import type { Context } from '../../request.ts'
import type { Effort } from '../effort.ts'
import { actionWord, arnWord, exampleOf } from '../texts/example-of.ts'
import { globOf } from '../texts/glob-set.ts'
import { actionText, resourceText } from '../texts/shapes.ts'
import { textClasses } from '../texts/text-classes.ts'
import { bitsOf, type Comparison, entriesOf, isAboutAction, isAboutResource } from './comparison.ts'

/** Texts that are alike to all statements: the same entries are about them. They differ in the patterns. */
export type TextClass = { entries: bigint; texts: readonly string[] }

export type Classes = { classes: readonly TextClass[]; complete: boolean }

const noContext: Context = new Map()

/** @param names actions that there are, to make examples of */
export function actionClasses(comparison: Comparison, names: readonly string[], effort: Effort): Classes {
  const { entries } = comparison
  const patterns = distinct(entries.flatMap(({ statement }) => statement.actions.patterns))
  const written = entries.flatMap(({ statement }) => statement.actions.written)
  const { texts, complete } = textClasses(patterns.map(globIn(noContext)), {
    shape: actionText,
    candidates: [...written, ...names, ...written.map(withWords), 'example:Example'],
    read: text => text.toLowerCase(),
    effort,
  })
  const entriesFor = (text: string): bigint =>
    bitsOf(entries, ({ statement }) => isAboutAction(statement, text))
  return { classes: grouped(texts, entriesFor), complete }
}

/** @param about the entries that may be about the request: only what tells them apart counts */
export function resourceClasses(
  comparison: Comparison,
  about: bigint,
  context: Context,
  effort: Effort,
): Classes {
  const relevant = entriesOf(comparison, about)
  const patterns = distinct(relevant.flatMap(({ statement }) => statement.resources?.patterns ?? []))
  const examples = patterns.flatMap(({ pieces }) => exampleOf(pieces, context, arnWord) ?? [])
  const { texts, complete } = textClasses(patterns.map(globIn(context)), {
    shape: resourceText,
    candidates: [...examples, ...examples.map(elsewhere), 'arn:aws:service:eu-west-1:111122223333:example'],
    effort,
  })
  const relevantBits = new Set(relevant)
  const entriesFor = (text: string): bigint =>
    bitsOf(
      comparison.entries,
      entry => relevantBits.has(entry) && isAboutResource(entry.statement, text, context),
    )
  return { classes: grouped(texts, entriesFor), complete }
}

function globIn(context: Context) {
  return ({ pieces }: Pattern) => globOf(pieces, variable => resolve(variable, context))
}

function distinct(patterns: readonly Pattern[]): Pattern[] {
  // The same text is another pattern where variables act.
  return [...new Map(patterns.map(one => [JSON.stringify([one.source, one.pieces]), one])).values()]
}

function grouped(texts: readonly string[], entriesFor: (text: string) => bigint): TextClass[] {
  const groups = Map.groupBy(texts, entriesFor)
  return [...groups].map(([entries, some]) => ({ entries, texts: some }))
}

/** `s3:Get*` as `s3:GetExample`. */
function withWords(action: string): string {
  return action.replace(/[*?]/g, wildcard => actionWord(wildcard === '*' ? '*' : '?', ''))
}

/** Something else in the same place. */
function elsewhere(arn: string): string {
  const fields = arn.split(':')
  return [...fields.slice(0, 5), 'example'].join(':')
}
