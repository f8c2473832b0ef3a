import type { Place } from './json-node.ts'

type JsonCode =
  | 'json-syntax'
  | 'json-duplicate-member'
  | 'json-member-name'
  | 'json-too-deep'
  | 'json-not-object'

export type JsonProblem = Place & { code: JsonCode; message: string; fix: string }

type Habit = readonly [found: RegExp, message: string, fix: string]

/** What most often stands where JSON does not go on, and what to do about it. */
const habits: readonly Habit[] = [
  [/^$/, 'The text ends too early', 'Close every quotation mark and bracket.'],
  [/^'/, 'Single quotes do not delimit text in JSON', 'Use double quotes.'],
  [/^[“”„«»]/, 'Typographic quotes do not delimit text in JSON', 'Use straight double quotes.'],
  [/^\/[/*]|^#/, 'JSON has no comments', 'Take the comment out; a Sid can say what a statement is for.'],
  [/^\ufeff/, 'The text begins with a byte order mark', 'Save it as UTF-8 without a byte order mark.'],
  [/^[A-Za-z_$]/, 'A word without quotes is no JSON', 'Put names and texts in double quotes.'],
  [/^"/, 'A comma is missing before this', 'Put a comma between the one before and this one.'],
  [/^[{[]/, 'A comma or a colon is missing before this', 'Put in the comma or the colon.'],
  [/^,/, 'A value is missing before this comma', 'Put in the value, or take the comma out.'],
]

const otherwise: Habit = [/^/, 'This is not JSON', 'Write the document as JSON.']

/** JSON does not go on at this place: says why, as far as can be seen from what stands there. */
export function syntaxProblem(text: string, place: Place): JsonProblem {
  const found = text.slice(place.at, place.at + 2)
  const [, message, fix] = habits.find(([pattern]) => pattern.test(found)) ?? otherwise
  return { ...place, code: 'json-syntax', message: `${message}.`, fix }
}

export function duplicate(place: Place): JsonProblem {
  const message = 'This member is here for the second time: one reader takes the first, another the last.'
  return {
    ...place,
    code: 'json-duplicate-member',
    message,
    fix: 'Keep one of them, or make their values a list.',
  }
}

export function strangeName(place: Place): JsonProblem {
  const message = 'A name holds a quotation mark, a backslash or a control character.'
  return {
    ...place,
    code: 'json-member-name',
    message,
    fix: 'Names in a policy need none of them: take it out.',
  }
}

export function tooDeep(place: Place): JsonProblem {
  const message = 'The document is nested deeper than any policy.'
  return { ...place, code: 'json-too-deep', message, fix: 'Take the brackets out that are too many.' }
}
