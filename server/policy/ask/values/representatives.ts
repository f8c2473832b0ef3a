import { resolve } from '../../match/segment.ts'
import type { Context } from '../../request.ts'
import type { Effort } from '../effort.ts'
import { exampleOf, plainWord } from '../texts/example-of.ts'
import { globOf } from '../texts/glob-set.ts'
import { anyText } from '../texts/shapes.ts'
import { textClasses } from '../texts/text-classes.ts'
import { addressValues } from './address-values.ts'
import { dateValues } from './date-values.ts'
import type { Family, Line } from './line.ts'
import { numberValues } from './number-values.ts'

/** Values of one key, and why there may be more that conditions tell apart. */
export type Representatives = { values: readonly string[]; because?: string }

/** For each set of values that the lines can tell apart, one value at least. All are about one key. */
export function representatives(lines: readonly Line[], context: Context, effort: Effort): Representatives {
  const families = new Set(lines.map(({ family }) => family).filter(family => family !== 'presence'))
  const texts = textValues(lines, context, effort)
  const others = [...families].flatMap(family => valuesOf(family, lines))
  const values = [...new Set([...texts.values, ...others])]
  if (families.size > 1) return { values, because: 'is compared in more than one way' }
  return { ...texts, values }
}

function valuesOf(family: Family, lines: readonly Line[]): string[] {
  const wanted = lines.filter(line => line.family === family).flatMap(({ condition }) => condition.values)
  switch (family) {
    case 'number':
      return numberValues(wanted)
    case 'date':
      return dateValues(wanted)
    case 'address':
      return addressValues(wanted)
    case 'bytes':
      return [...wanted, 'no base64']
    default:
      return []
  }
}

function textValues(lines: readonly Line[], context: Context, effort: Effort): Representatives {
  const globs = lines.flatMap(({ patterns, caseless }) =>
    patterns.map(({ pieces }) => globOf(pieces, variable => resolve(variable, context), caseless)),
  )
  if (globs.length === 0) return { values: ['example'] }
  const candidates = lines.flatMap(({ patterns }) =>
    patterns.flatMap(({ pieces }) => exampleOf(pieces, context, plainWord) ?? []),
  )
  const { texts, complete } = textClasses(globs, {
    shape: anyText,
    candidates: ['example', ...candidates],
    effort,
  })
  if (!complete) return { values: texts, because: 'is compared with too many patterns' }
  // Only of ASCII it is known what other spellings each character has.
  const isStrange = lines.some(
    ({ caseless, condition }) => caseless && !condition.values.every(value => /^\p{ASCII}*$/u.test(value)),
  )
  return isStrange
    ? { values: texts, because: 'is compared regardless of case beyond ASCII' }
    : { values: texts }
}
