import { deprecatedKeys, findKey, keyNames, keyNamespaces } from '../catalogue/condition-keys.ts'
import { type CheckTable, type Problem, problem } from '../check.ts'
import type { Place } from '../text/json-node.ts'
import { didYouMean, nearest } from '../text/nearest.ts'
import { quote } from '../text/quote.ts'
import type { PolicyView } from '../view/policy-view.ts'

/** Policy variables. @see AWS IAM User Guide, "IAM policy elements: Variables and tags" */
export const variableChecks = {
  'variable-in-old-version': { level: 'warning', find: inOldVersion },
  'variable-misplaced': { level: 'warning', find: misplaced },
  'variable-unclosed': { level: 'warning', find: eachActing(unclosed) },
  'variable-form': { level: 'warning', find: eachVariable(badForm) },
  'variable-key-unknown': { level: 'warning', find: eachVariable(unknownKey) },
  'variable-key-many': { level: 'warning', find: eachVariable(manyValued) },
} satisfies CheckTable

type Text = Place & { value: string }

/** Texts in which variables act, in documents of the later version. */
function* actingTexts({ statements }: PolicyView): Iterable<Text> {
  for (const { resources, conditions } of statements) {
    yield* resources?.texts ?? []
    for (const { operator, values } of conditions) {
      if (operator.family === 'String' || operator.family === 'Arn') yield* values
    }
  }
}

function eachActing(ask: (text: Text) => Problem | undefined) {
  return function* (policy: PolicyView): Iterable<Problem> {
    if (policy.version !== '2012-10-17') return
    for (const text of actingTexts(policy)) {
      const answer = ask(text)
      if (answer !== undefined) yield answer
    }
  }
}

/** Asks about what stands between `${` and `}`. Single characters stand for themselves. */
function eachVariable(ask: (inner: string, place: Place) => Problem | undefined) {
  return function* (policy: PolicyView): Iterable<Problem> {
    if (policy.version !== '2012-10-17') return
    for (const { value, ...place } of actingTexts(policy)) {
      for (const [, inner = ''] of value.matchAll(/\$\{([^{}]*)\}/g)) {
        const answer = /^[*?$]$/.test(inner) ? undefined : ask(inner, place)
        if (answer !== undefined) yield answer
      }
    }
  }
}

function* inOldVersion(policy: PolicyView): Iterable<Problem> {
  if (policy.version === '2012-10-17' || policy.root === undefined) return
  for (const { value, ...place } of actingTexts(policy)) {
    if (!/\$\{[^{}]*\}/.test(value)) continue
    const message = 'In the language of 2008, this is no variable but plain text.'
    yield problem(place, message, 'Add "Version": "2012-10-17".')
  }
}

const hint =
  'Variables act in the last field of a Resource and in values of operators of the families String and Arn.'

function* misplaced(policy: PolicyView): Iterable<Problem> {
  for (const { sid, principals, conditions, resources } of policy.statements) {
    const texts = [...(principals?.names ?? []).map(({ text }) => text), ...(sid === undefined ? [] : [sid])]
    const others = conditions.filter(
      ({ operator }) => operator.family !== 'String' && operator.family !== 'Arn',
    )
    for (const text of [...texts, ...others.flatMap(({ values }) => values)]) {
      if (text.value.includes('${')) yield problem(text, 'A variable does not act here.', hint)
    }
    const arns = conditions
      .filter(({ operator }) => operator.family === 'Arn')
      .flatMap(({ values }) => values)
    if (policy.version !== '2012-10-17') continue
    for (const text of [...(resources?.texts ?? []), ...arns]) {
      const before = text.value.split('${', 1)[0] ?? ''
      if (before === text.value || before.split(':').length > 5) continue
      yield problem(text, 'A variable stands before the last field of the ARN, where it is plain text.', hint)
    }
  }
}

function unclosed({ value, ...place }: Text): Problem | undefined {
  if (!value.replaceAll(/\$\{[^{}]*\}/g, '').includes('${')) return undefined
  return problem(place, 'A variable is not closed: it is plain text.', 'Put } behind its key.')
}

const form = /^[^\s,']+(?:,\s*'[^']*')?$/

/** The key, and perhaps a comma and a default in single quotes. Names of tags may hold spaces. */
function badForm(inner: string, place: Place): Problem | undefined {
  if (form.test(inner) || /^[^\s,']*tag\/[^,']+(?:,\s*'[^']*')?$/i.test(inner)) return undefined
  if (inner.trim() === '') return problem(place, 'A variable is empty.', 'Write the key: ${aws:username}.')
  const message = `${quote(`\${${inner}}`)} is no variable that has a value.`
  return problem(
    place,
    message,
    "Write ${key} without spaces, or ${key, 'default'} with the default in single quotes.",
  )
}

function keyOf(inner: string): string {
  return (inner.split(',', 1)[0] ?? '').trim()
}

function unknownKey(inner: string, place: Place): Problem | undefined {
  const written = keyOf(inner)
  const key = written.toLowerCase()
  if (key === '' || findKey(key) !== undefined || deprecatedKeys.has(key)) return undefined
  const colon = key.indexOf(':')
  const namespace = key.slice(0, Math.max(0, colon))
  if (colon > 0 && !keyNamespaces.has(namespace)) return undefined
  const candidates = keyNames.filter(name => colon < 0 || name.toLowerCase().startsWith(`${namespace}:`))
  const meant = nearest(colon < 0 ? `aws:${key}` : key, candidates)
  const message = `There is no condition key ${quote(written)}: the variable never has a value.${didYouMean(meant)}`
  return problem(place, message, 'Write a key that there is, such as aws:username.')
}

/** It has a text only when the key has one value. */
function manyValued(inner: string, place: Place): Problem | undefined {
  if (findKey(keyOf(inner).toLowerCase())?.many !== true) return undefined
  const message = `${keyOf(inner)} may have several values, and then the variable has none.`
  return problem(place, message, 'Compare the key itself in a condition with ForAnyValue.')
}
