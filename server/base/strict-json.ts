/**
 * Parses a JSON object and refuses one that names a member twice, at any depth: `JSON.parse` takes the
 * last of them, other parsers the first, and a token that means two things proves neither.
 *
 * Names are not left to the engine either. V8's parser, where it expects a name that it has met before,
 * compares it with the name as written instead of as meant (https://github.com/nodejs/node/issues/63785):
 * after some stranger's text with a member `\`, another's `"\u0061"` is read as `\`, and a claim is gone.
 * So a text with escapes in its names is parsed once more with the names spelled plainly, and a name that
 * has no plain spelling is refused.
 *
 * @throws {SyntaxError}
 */
export function parseStrictObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SyntaxError('no object')
  const plain = spellNamesPlainly(text)
  return plain === text ? (value as Record<string, unknown>) : JSON.parse(plain)
}

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const colon = 0x3a

/** One pass over text that is known to be JSON. */
function spellNamesPlainly(text: string): string {
  // One entry for each open bracket: the names seen so far, or undefined for a list.
  const open: (Set<string> | undefined)[] = []
  let plain = ''
  let copied = 0
  let [start, end] = [0, 0]
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote:
        start = at + 1
        end = endOfString(text, at)
        at = end
        break
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
      case colon: {
        // Outside of strings a colon stands behind a name, and nowhere else.
        const written = text.slice(start, end)
        const name = written.includes('\\') ? plainName(written) : written
        const names = open.at(-1)
        if (names?.has(name)) throw new SyntaxError('a member twice')
        names?.add(name)
        if (name === written) break
        plain += text.slice(copied, start) + name
        copied = end
      }
    }
  }
  return plain + text.slice(copied)
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1
  return at
}

function plainName(written: string): string {
  const name: string = JSON.parse(`"${written}"`)
  if (/["\\\u0000-\u001f]/.test(name))
    throw new SyntaxError('a name with a quote, a backslash or a control character')
  return name
}
