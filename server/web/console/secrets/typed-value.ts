import { findJsonFault } from '../../../base/sample-claims.ts'
import { parseStrictObject } from '../../../base/strict-json.ts'

/** A value as the wire takes it. */
export type TypedValue = { SecretString: string } | { SecretBinary: string }
export type Typed = { value: TypedValue } | { problem: string }

/** How somebody says that they typed it. */
export const ways = ['text', 'pairs', 'json', 'base64'] as const
export type Way = (typeof ways)[number]

export const mostPairs = 16
/** @see AWS Secrets Manager API reference, CreateSecret, SecretString */
const mostBytes = 65_536

export function wayIn(form: ReadonlyMap<string, string>): Way {
  return ways.find(way => way === form.get('as')) ?? 'text'
}

/** INVARIANT: no problem says a word of the value; it would stand in the page that is shown anew. */
export function typedValue(form: ReadonlyMap<string, string>): Typed {
  const way = wayIn(form)
  if (way === 'pairs') return ofPairs(form)
  // A form's line breaks are two characters each, whatever was typed.
  const text = (form.get('value') ?? '').replaceAll('\r\n', '\n')
  if (text === '') return { problem: 'There is no value.' }
  if (way === 'base64') return ofBytes(text)
  const problem = way === 'json' ? wrongWithJson(text) : undefined
  return problem === undefined ? ofText(text) : { problem }
}

function ofPairs(form: ReadonlyMap<string, string>): Typed {
  const pairs = new Map<string, string>()
  for (let n = 1; n <= mostPairs; n++) {
    const [key, value] = [form.get(`key-${n}`) ?? '', form.get(`value-${n}`) ?? '']
    if (key === '' && value === '') continue
    if (key === '') return { problem: `Row ${n} has a value and no key.` }
    if (pairs.has(key)) return { problem: `The key of row ${n} stands there a second time.` }
    pairs.set(key, value)
  }
  if (pairs.size === 0) return { problem: 'There is no key and no value.' }
  const members = [...pairs].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
  return ofText(`{${members.join(',')}}`)
}

function ofText(text: string): Typed {
  return Buffer.byteLength(text) > mostBytes ? tooLong : { value: { SecretString: text } }
}

function ofBytes(text: string): Typed {
  const plain = text.replaceAll(/\s+/g, '')
  if (plain === '' || plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(plain)) {
    return { problem: 'The value is not base64: letters, digits, + and /, with = to fill up the last four.' }
  }
  return Buffer.byteLength(plain, 'base64') > mostBytes ? tooLong : { value: { SecretBinary: plain } }
}

const tooLong = { problem: `The value is longer than ${mostBytes.toLocaleString('en-GB')} bytes.` }

function wrongWithJson(text: string): string | undefined {
  try {
    parseStrictObject(text)
    return undefined
  } catch {
    const fault = findJsonFault(text)
    if (fault === undefined) return 'The value is no JSON object.'
    if (fault.isEnd) return `The value ends too early: ${fault.says}.`
    return `The value is no JSON object: line ${fault.line}, column ${fault.column}: ${fault.says}.`
  }
}
