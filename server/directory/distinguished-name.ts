/** The attribute types that have a short name in RFC 4514, section 3, by their dotted form. */
const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'cn',
  '2.5.4.7': 'l',
  '2.5.4.8': 'st',
  '2.5.4.10': 'o',
  '2.5.4.11': 'ou',
  '2.5.4.6': 'c',
  '2.5.4.9': 'street',
  '0.9.2342.19200300.100.1.25': 'dc',
  '0.9.2342.19200300.100.1.1': 'uid',
}

type Pair = { type: string; value: string }

/**
 * The one spelling of a distinguished name: equal names have equal keys, whatever their case, their escapes, and the
 * blanks around and within their values. Letters that only resemble each other stay apart (`ß` and `ss`, the Kelvin sign
 * and `K`, an accent within its letter and behind it, a tab or another blank than the usual one): some servers hold a
 * group by each of these names, and whoever may make groups could make one that is taken for another.
 *
 * @returns undefined when it is no distinguished name
 * @see RFC 4514 (string form), RFC 4517 section 4.2.15 (distinguishedNameMatch)
 */
export function dnKey(text: string): string | undefined {
  const names = parseDn(text)
  return names?.map(pairs => pairs.map(keyOf).sort().join('+')).join(',')
}

/** The value in front: `developers` of `CN=developers,OU=Groups,DC=example`. */
export function leadingValue(text: string): string | undefined {
  return parseDn(text)?.[0]?.[0]?.value
}

function keyOf({ type, value }: Pair): string {
  const kind = type.toLowerCase()
  const plain = foldCase(value)
    .replace(/^ +| +$/g, '')
    .replace(/ +/g, ' ')
  return `${shortNames[kind] ?? kind}=${plain.replace(/[\\,+=]/g, '\\$&')}`
}

/** Only where capital and small letter are each other's and nobody else's. */
function foldCase(text: string): string {
  const fold = (letter: string) => {
    const small = letter.toLowerCase()
    return small.toUpperCase() === letter ? small : letter
  }
  return [...text].map(fold).join('')
}

/** Its relative names, from the entry upwards, each with one pair or more. */
function parseDn(text: string): Pair[][] | undefined {
  if (text.trim() === '') return undefined
  const names: Pair[][] = []
  for (const part of splitUnescaped(text, ',')) {
    const pairs = splitUnescaped(part, '+').map(readPair)
    if (pairs.some(pair => pair === undefined)) return undefined
    names.push(pairs as Pair[])
  }
  return names
}

function readPair(text: string): Pair | undefined {
  const [, type = '', written = ''] = /^ *([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*) *= *(.*)$/s.exec(text) ?? []
  if (type === '') return undefined
  const value = withoutEscapes(withoutTrailingBlanks(written))
  return value === undefined ? undefined : { type, value }
}

/** A blank that is escaped is part of the value. */
function withoutTrailingBlanks(text: string): string {
  const trimmed = text.replace(/ +$/, '')
  const isEscaped = /(?:^|[^\\])(?:\\\\)*\\$/.test(trimmed)
  return isEscaped ? text.slice(0, trimmed.length + 1) : trimmed
}

function splitUnescaped(text: string, separator: string): string[] {
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === separator) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, text.slice(from)]
}

/** RFC 4514, section 2.4: `\,` stands for a comma, and `\C3\A4` for the bytes of an ä. */
function withoutEscapes(text: string): string | undefined {
  const bytes: Buffer[] = []
  for (const [token] of text.matchAll(/\\[0-9a-f]{2}|\\[^0-9a-f]|[^\\]+|\\/gis)) {
    if (token === '\\') return undefined
    if (/^\\[0-9a-f]{2}$/i.test(token)) bytes.push(Buffer.from(token.slice(1), 'hex'))
    else bytes.push(Buffer.from(token.startsWith('\\') ? token.slice(1) : token))
  }
  const whole = Buffer.concat(bytes)
  const value = whole.toString('utf8')
  return Buffer.from(value).equals(whole) ? value : undefined
}
