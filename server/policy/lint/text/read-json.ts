import { itemPath, type JsonMember, type JsonNode, memberPath, type Place } from './json-node.ts'
import { duplicate, type JsonProblem, strangeName, syntaxProblem, tooDeep } from './json-problem.ts'

/** Deeper than any policy. */
const mostLevels = 16

/**
 * Reads JSON and keeps where everything stands. What it takes is what `parseStrictObject` takes, and it says
 * all that is wrong until the text can't be followed any further. Names are read here, one after the other,
 * and never by the engine (see base/strict-json.ts).
 *
 * @returns without a root when the text is no JSON to its end
 */
export function readJson(text: string): { root: JsonNode | undefined; problems: readonly JsonProblem[] } {
  const reader = new Reader(text)
  try {
    return { root: reader.readAll(), problems: reader.problems }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { root: undefined, problems: [...reader.problems, error.problem] }
  }
}

class Unreadable extends Error {
  readonly problem: JsonProblem

  constructor(problem: JsonProblem) {
    super(problem.message)
    this.problem = problem
  }
}

class Reader {
  readonly problems: JsonProblem[] = []
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  readAll(): JsonNode {
    const root = this.#readValue('', 0)
    this.#skipSpace()
    if (this.#at < this.#text.length) {
      throw this.#unreadable('', 'There is more text after the end of the document.', 'Take it out.')
    }
    if (root.type !== 'object') {
      const fix = 'Begin the document with { and end it with }.'
      this.problems.push({ ...root, code: 'json-not-object', message: 'A policy is a JSON object.', fix })
    }
    return root
  }

  #readValue(path: string, level: number): JsonNode {
    this.#skipSpace()
    const place = { path, at: this.#at }
    if (level > mostLevels) throw new Unreadable(tooDeep(place))
    switch (this.#text[this.#at]) {
      case '{':
        return { ...place, type: 'object', members: this.#readMembers(path, level) }
      case '[':
        return { ...place, type: 'list', items: this.#readItems(path, level) }
      case '"':
        return { ...place, type: 'text', value: this.#readText(path).value }
      default:
        return { ...place, ...this.#readScalar(path) }
    }
  }

  #readMembers(path: string, level: number): JsonMember[] {
    const names = new Set<string>()
    return this.#readSequence(path, '}', () => {
      const member = this.#readName(path, names)
      this.#skipSpace()
      if (this.#text[this.#at] !== ':') {
        throw this.#unreadable(
          member.path,
          'A colon is missing after this name.',
          'Put a colon after the name.',
        )
      }
      this.#at++
      return { ...member, value: this.#readValue(member.path, level + 1) }
    })
  }

  #readItems(path: string, level: number): JsonNode[] {
    let index = 0
    return this.#readSequence(path, ']', () => this.#readValue(itemPath(path, index++), level + 1))
  }

  /** What stands between brackets. A comma too many at the end is told, and passed over. */
  #readSequence<Part>(path: string, end: ']' | '}', readPart: () => Part): Part[] {
    const parts: Part[] = []
    this.#at++
    this.#skipSpace()
    if (this.#take(end)) return parts
    for (;;) {
      parts.push(readPart())
      this.#skipSpace()
      if (this.#take(end)) return parts
      const comma = this.#at
      if (!this.#take(',')) throw this.#unreadable(path)
      this.#skipSpace()
      if (this.#take(end)) {
        const problem = {
          path,
          at: comma,
          message: 'There is a comma after the last one.',
          fix: 'Take it out.',
        }
        this.problems.push({ ...problem, code: 'json-syntax' })
        return parts
      }
    }
  }

  #readName(path: string, names: Set<string>): Place & { name: string } {
    const at = this.#at
    if (this.#text[at] !== '"') throw this.#unreadable(path)
    const { value: name, escaped } = this.#readText(path)
    const place = { path: memberPath(path, name), at }
    if (escaped && /["\\\u0000-\u001f]/.test(name)) this.problems.push(strangeName(place))
    if (names.has(name)) this.problems.push(duplicate(place))
    names.add(name)
    return { ...place, name }
  }

  #readText(path: string): { value: string; escaped: boolean } {
    const start = this.#at++
    let escaped = false
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === 0x22) break
      if (code === 0x5c) {
        escaped = true
        this.#skipEscape(path)
      } else if (code < 0x20) {
        throw this.#unreadable(path, 'A line break or tab stands within a text.', 'Write it as \\n or \\t.')
      } else if (Number.isNaN(code)) throw this.#unreadable(path)
      else this.#at++
    }
    this.#at++
    const written = this.#text.slice(start, this.#at)
    return { value: escaped ? String(JSON.parse(written)) : written.slice(1, -1), escaped }
  }

  #skipEscape(path: string): void {
    const found = this.#takeMatch(/\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y)
    if (found === '')
      throw this.#unreadable(path, 'There is no such escape in JSON.', 'Write a backslash as \\\\.')
  }

  #readScalar(path: string): { type: 'number'; value: number } | ReturnType<typeof wordOf> {
    const digits = this.#takeMatch(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y)
    if (digits !== '') return { type: 'number', value: Number(digits) }
    const word = this.#takeMatch(/true|false|null/y)
    if (word === '') throw this.#unreadable(path)
    return wordOf(word)
  }

  #skipSpace(): void {
    this.#takeMatch(/[ \t\r\n]+/y)
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #takeMatch(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #unreadable(path: string, message?: string, fix = ''): Unreadable {
    const place = { path, at: this.#at }
    const atEnd = this.#at >= this.#text.length
    if (message === undefined || atEnd) return new Unreadable(syntaxProblem(this.#text, place))
    return new Unreadable({ ...place, code: 'json-syntax', message, fix })
  }
}

function wordOf(word: string): { type: 'boolean'; value: boolean } | { type: 'null'; value: null } {
  return word === 'null' ? { type: 'null', value: null } : { type: 'boolean', value: word === 'true' }
}
