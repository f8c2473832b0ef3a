/**
 * Parses a JSON object and refuses one that names a member twice, at any depth: `JSON.parse` takes the
 * last of them, other parsers the first, and a token that means two things proves neither.
 *
 * @throws {SyntaxError}
 */
export function parseStrictObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SyntaxError('no object')
  if (hasDuplicateMember(text)) throw new SyntaxError('a member twice')
  return value as Record<string, unknown>
}

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const colon = 0x3a
const comma = 0x2c

/** One pass over text that is known to be JSON. Names are compared after their escapes are resolved. */
function hasDuplicateMember(text: string): boolean {
  // One entry for each open bracket: the names seen so far, or undefined for a list.
  const open: (Set<string> | undefined)[] = []
  let lastString: [start: number, end: number] | undefined
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote: {
        const end = endOfString(text, at)
        lastString = [at, end]
        at = end
        break
      }
      case openBrace:
        open.push(new Set())
        break
      case openBracket:
        open.push(undefined)
        break
      case closeBrace:
      case closeBracket:
        open.pop()
        break
      case comma:
        lastString = undefined
        break
      case colon: {
        const names = open.at(-1)
        if (names === undefined || lastString === undefined) break
        const name = nameAt(text, lastString)
        if (names.has(name)) return true
        names.add(name)
        break
      }
    }
  }
  return false
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1
  return at
}

function nameAt(text: string, [start, end]: [number, number]): string {
  const raw = text.slice(start + 1, end)
  return raw.includes('\\') ? JSON.parse(`"${raw}"`) : raw
}
