/** How the reference interpreter compares texts, ARNs, numbers, dates, addresses and bytes. */
import type { Context } from '../../server/policy/request.ts'

/** Of what a document is read with: whether `${...}` acts, and the values of keys. */
export type Reading = { variables: boolean; context: Context }

/** A character, or a wildcard. */
export type Token = { text: string } | { wildcard: '*' | '?'; within?: boolean }

export function compareAs(base: string, actual: string, wanted: string, read: Reading): boolean {
  const ordered = (one: bigint | number | undefined, other: bigint | number | undefined) => {
    if (one === undefined || other === undefined) return false
    if (base.endsWith('LessThan')) return one < other
    if (base.endsWith('LessThanEquals')) return one <= other
    if (base.endsWith('GreaterThan')) return one > other
    return base.endsWith('GreaterThanEquals') ? one >= other : one === other
  }
  if (base.startsWith('Numeric')) return ordered(numberOf(actual), numberOf(wanted))
  if (base.startsWith('Date')) return ordered(timeOf(actual), timeOf(wanted))
  if (base.startsWith('Arn')) return matchesArn(wanted, actual, read)
  switch (base) {
    case 'StringEquals':
      return matchesText(wanted, actual, false, read)
    case 'StringEqualsIgnoreCase': {
      const tokens = tokensOf(wanted, false, read)
      const text = tokens?.map(token => ('text' in token ? token.text : '')).join('')
      return text?.toLowerCase() === actual.toLowerCase()
    }
    case 'StringLike':
      return matchesText(wanted, actual, true, read)
    case 'Bool':
      return wanted.toLowerCase() === actual.toLowerCase()
    case 'BinaryEquals':
      return bytesOf(actual) !== undefined && bytesOf(actual) === bytesOf(wanted)
    case 'IpAddress':
      return isWithin(actual, wanted)
    default:
      throw new TypeError(`${base} is no operator`)
  }
}

export function matchesText(pattern: string, text: string, wildcards: boolean, read: Reading): boolean {
  const tokens = tokensOf(pattern, wildcards, read)
  return tokens !== undefined && fits(tokens, text)
}

/** Each field by itself. Variables act behind the fifth colon; one before it makes the pattern mean nothing. */
export function matchesArn(pattern: string, text: string, read: Reading): boolean {
  if (/^\*+$/.test(pattern)) return true
  const fields = fieldsOf(pattern)
  const parts = fieldsOf(text)
  if (fields === undefined || parts?.length !== 6) return false
  const plain = { ...read, variables: false }
  return parts.every((part, n) => matchesText(fields[n] ?? '*', part, true, n === 5 ? read : plain))
}

/**
 * Six fields, the missing ones `*`. "If the * wildcard is the last character of a resource ARN segment, it can
 * expand to match beyond the colon boundaries": the others stay within, but for the last field.
 */
export function matchesResource(pattern: string, text: string, read: Reading): boolean {
  if (/^\*+$/.test(pattern)) return true
  const written = pattern.split(':')
  const head = [0, 1, 2, 3, 4].map(n => written[n] ?? '*')
  const last = tokensOf(written.length > 5 ? written.slice(5).join(':') : '*', true, read)
  if (last === undefined || head.some(field => field.includes('${'))) return false
  const tokens = head.flatMap(field => {
    const ending = /\*+$/.exec(field)?.index ?? field.length
    const plain = tokensOf(field, true, { ...read, variables: false }) ?? []
    const bounded = plain.map((token, n) =>
      'wildcard' in token && n < ending ? { ...token, within: true } : token,
    )
    return [...bounded, { text: ':' }]
  })
  return fits([...tokens, ...last], text)
}

/** Whether the text rests on a variable without a value. */
export function isMissing(text: string, isArn: boolean, read: Reading): boolean {
  const resting = isArn ? fieldsOf(text)?.[5] : text
  return resting !== undefined && tokensOf(resting, true, read) === undefined
}

/** Six, or fewer for a pattern that ends early in a `*`. Undefined for what ends early otherwise. */
function fieldsOf(text: string): string[] | undefined {
  const [head = [], rest] = [text.split(':').slice(0, 5), text.split(':').slice(5).join(':')]
  if (head.some(field => field.includes('${'))) return undefined
  if (text.split(':').length > 5) return [...head, rest]
  return text.endsWith('*') ? head : undefined
}

/** Undefined when a variable has no value. */
function tokensOf(text: string, wildcards: boolean, { variables, context }: Reading): Token[] | undefined {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    const close = text.startsWith('${', at) ? text.indexOf('}', at) : -1
    const inner = text.slice(at + 2, close)
    if (variables && close > 0 && !inner.includes('{')) {
      const value = '*?$'.includes(inner) && inner.length === 1 ? inner : resolve(inner, context)
      if (value === undefined) return undefined
      for (let n = 0; n < value.length; n++) tokens.push({ text: value.charAt(n) })
      at = close
    } else if (wildcards && (character === '*' || character === '?')) tokens.push({ wildcard: character })
    else tokens.push({ text: character })
  }
  return tokens
}

function resolve(inner: string, context: Context): string | undefined {
  const comma = inner.indexOf(',')
  const quoted = inner.slice(comma + 1).trim()
  const hasDefault = comma > 0 && /^'[^']*'$/.test(quoted)
  const key = hasDefault ? inner.slice(0, comma) : inner
  const values = context.get(key.trim().toLowerCase()) ?? []
  if (values.length === 1) return values[0]
  return hasDefault ? quoted.slice(1, -1) : undefined
}

/** Tries every way; remembers which did not lead anywhere. */
export function fits(tokens: readonly Token[], text: string): boolean {
  const failed = new Set<number>()
  const from = (t: number, n: number): boolean => {
    const token = tokens[t]
    if (token === undefined) return n === text.length
    const place = t * (text.length + 1) + n
    if (failed.has(place)) return false
    const character = text.charAt(n)
    const taken = 'text' in token ? token.text === character : !(token.within && character === ':')
    const more = n < text.length && taken
    const found =
      'wildcard' in token && token.wildcard === '*'
        ? from(t + 1, n) || (more && from(t, n + 1))
        : more && from(t + 1, n + 1)
    if (!found) failed.add(place)
    return found
  }
  return from(0, 0)
}

function numberOf(text: string): bigint | undefined {
  const [, sign, whole = '', fraction = ''] = /^([+-]?)(\d{1,30})(?:\.(\d{1,30}))?$/.exec(text) ?? []
  if (whole === '') return undefined
  const size = BigInt(whole + fraction.padEnd(30, '0'))
  return sign === '-' ? -size : size
}

/** Milliseconds since 1970. The forms of https://www.w3.org/TR/NOTE-datetime but the year alone, or seconds. */
function timeOf(text: string): number | undefined {
  const [, seconds, part = ''] = /^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text) ?? []
  const thousandths = (digits: string) => Number(digits.padEnd(3, '0').slice(0, 3))
  if (seconds !== undefined) return Number(seconds) * 1000 + thousandths(part)
  const form =
    /^(\d{4})-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):(\d\d))?)?)?$/
  const [whole, year, month, day = '01', h = '00', m = '00', s = '00', f = '', sign, oh, om] =
    form.exec(text) ?? []
  if (whole === undefined || Number(h) > 23 || Number(m) > 59 || Number(s) > 59) return undefined
  if (Number(oh ?? 0) > 23 || Number(om ?? 0) > 59) return undefined
  const midnight = new Date(0)
  midnight.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (midnight.toISOString().slice(0, 10) !== `${year}-${month}-${day}`) return undefined
  const ahead = (Number(oh ?? 0) * 60 + Number(om ?? 0)) * (sign === '-' ? -1 : 1)
  const minutes = Number(h) * 60 + Number(m) - ahead
  return midnight.getTime() + minutes * 60_000 + Number(s) * 1000 + thousandths(f)
}

function bytesOf(text: string): string | undefined {
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
  return isBase64 ? Buffer.from(text, 'base64').toString('hex') : undefined
}

function isWithin(text: string, range: string): boolean {
  const [address = '', written] = range.split('/')
  // A range that is wider than all that is mapped is one of IPv6.
  const [base, actual] = [addressOf(address, Number(written ?? 128) >= 96), addressOf(text)]
  if (base === undefined || actual === undefined || base.length !== actual.length) return false
  const mapped = address.includes(':') && base.length === 32 ? 96 : 0
  const length = written === undefined ? base.length : Number(written) - mapped
  return base.slice(0, length) === actual.slice(0, length)
}

/** The bits: 32, or 128. IPv4 written as IPv6 is IPv4. */
function addressOf(text: string, unmap = true): string | undefined {
  const bits = (number: number, width: number) => number.toString(2).padStart(width, '0')
  if (!text.includes(':')) {
    const parts = text.split('.')
    if (parts.length !== 4 || !parts.every(part => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
      return undefined
    }
    return parts.map(part => bits(Number(part), 8)).join('')
  }
  const dotted = text.slice(text.lastIndexOf(':') + 1)
  const inside = dotted.includes('.') ? addressOf(dotted) : undefined
  if (dotted.includes('.') && inside === undefined) return undefined
  const plain = inside === undefined ? text : `${text.slice(0, text.lastIndexOf(':'))}:0:0`
  const [left = '', right, ...more] = plain.split('::').map(half => (half === '' ? [] : half.split(':')))
  const groups = [...left, ...(right ?? [])]
  const gap = 8 - groups.length
  if (more.length > 0 || (right === undefined ? gap !== 0 : gap < 1)) return undefined
  if (!groups.every(group => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  const full = [...left, ...Array(gap).fill('0'), ...(right ?? [])]
  const all = full
    .map(group => bits(Number.parseInt(group, 16), 16))
    .join('')
    .slice(0, inside ? 96 : 128)
  const address = all + (inside ?? '')
  return unmap && address.startsWith(bits(0, 80) + bits(0xffff, 16)) ? address.slice(96) : address
}
