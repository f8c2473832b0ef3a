import { parseStrictObject } from './strict-json.ts'

/**
 * Claims that somebody wrote down to try something. What is wrong with them is said with its place, and without a word
 * of what they say: claims are about people.
 *
 * @throws {SyntaxError} a sentence for whoever wrote them
 */
export function readSampleClaims(text: string): Record<string, unknown> {
  try {
    return parseStrictObject(text)
  } catch {
    const fault = findJsonFault(text)
    if (fault !== undefined) throw new SyntaxError(sentenceOf(fault))
    throw new SyntaxError('The claims are no JSON object, expected such as {"groups": ["developers"]}.')
  }
}

/** Says nothing of what the text says. */
export type JsonFault = { line: number; column: number; isEnd: boolean; says: string }

/** The first place at which a text is no JSON object any more, or names a member twice, and what belongs there. */
export function findJsonFault(text: string): JsonFault | undefined {
  const fault = findFault(text)
  if (fault === undefined) return undefined
  const { at, says } = fault
  const before = text.slice(0, at)
  const line = before.split('\n').length
  return { line, column: at - before.lastIndexOf('\n'), isEnd: at >= text.length, says }
}

type Fault = { at: number; says: string }

function sentenceOf({ line, column, isEnd, says }: JsonFault): string {
  if (isEnd) return `The claims end too early: ${says}.`
  return `The claims are no JSON object: line ${line}, column ${column}: ${says}.`
}

type Kind = 'open' | 'close' | 'comma' | 'colon' | 'string' | 'plain'
type Token = { kind: Kind; text: string; at: number; end: number }
/** An open bracket; of an object the names that it has so far. */
type Level = { close: '}' | ']'; names?: Set<string> }
type Awaited = 'object' | 'value' | 'valueOrEnd' | 'name' | 'nameOrEnd' | 'colon' | 'next' | 'nothing'

const kinds = ['open', 'close', 'comma', 'colon', 'string', 'plain'] as const
const tokenPattern =
  /([{[])|([}\]])|(,)|(:)|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y

function findFault(text: string): Fault | undefined {
  const levels: Level[] = []
  let awaited: Awaited = 'object'
  for (let at = skipBlanks(text, 0); at < text.length; ) {
    const token = tokenAt(text, at)
    const next: Awaited | 'twice' | undefined = token && after(token, awaited, levels)
    if (token === undefined || next === undefined) return { at, says: wordsOf(awaited, levels.at(-1)) }
    if (next === 'twice') return { at, says: 'this name stands there a second time' }
    awaited = next
    at = skipBlanks(text, token.end)
  }
  return awaited === 'nothing' ? undefined : { at: text.length, says: wordsOf(awaited, levels.at(-1)) }
}

function skipBlanks(text: string, at: number): number {
  let end = at
  while (end < text.length && ' \t\n\r'.includes(text.charAt(end))) end++
  return end
}

function tokenAt(text: string, at: number): Token | undefined {
  tokenPattern.lastIndex = at
  const match = tokenPattern.exec(text)
  const kind = match && kinds[match.slice(1).findIndex(group => group !== undefined)]
  return match && kind ? { kind, text: match[0], at, end: tokenPattern.lastIndex } : undefined
}

/** What may come behind a token; undefined where the token may not stand. */
function after({ kind, text }: Token, awaited: Awaited, levels: Level[]): Awaited | 'twice' | undefined {
  const level = levels.at(-1)
  switch (awaited) {
    case 'nothing':
      return undefined
    case 'object':
      return text === '{' ? opened(text, levels) : undefined
    case 'colon':
      return kind === 'colon' ? 'value' : undefined
    case 'next':
      if (kind === 'comma') return level?.names === undefined ? 'value' : 'name'
      return closed(text, levels)
    case 'name':
    case 'nameOrEnd':
      if (kind !== 'string') return awaited === 'nameOrEnd' ? closed(text, levels) : undefined
      return isNew(text, level) ? 'colon' : 'twice'
    default:
      if (kind === 'open') return opened(text, levels)
      if (kind === 'string' || kind === 'plain') return 'next'
      return awaited === 'valueOrEnd' ? closed(text, levels) : undefined
  }
}

function opened(text: string, levels: Level[]): Awaited {
  levels.push(text === '{' ? { close: '}', names: new Set() } : { close: ']' })
  return text === '{' ? 'nameOrEnd' : 'valueOrEnd'
}

function closed(text: string, levels: Level[]): Awaited | undefined {
  if (levels.at(-1)?.close !== text) return undefined
  levels.pop()
  return levels.length === 0 ? 'nothing' : 'next'
}

function isNew(written: string, level: Level | undefined): boolean {
  const name: string = JSON.parse(written)
  if (level?.names?.has(name)) return false
  level?.names?.add(name)
  return true
}

function wordsOf(awaited: Awaited, level: Level | undefined): string {
  switch (awaited) {
    case 'object':
      return 'an object is expected, such as {"groups": ["developers"]}'
    case 'nothing':
      return 'nothing more is expected behind the object'
    case 'colon':
      return 'a colon is expected behind the name'
    case 'next':
      return `a comma or ${level?.close} is expected`
    case 'name':
      return 'a name in double quotes is expected'
    case 'nameOrEnd':
      return 'a name in double quotes or } is expected'
    case 'value':
      return 'a value is expected: text in double quotes, a number, true, false, null, a list or an object'
    case 'valueOrEnd':
      return 'a value or ] is expected'
  }
}
