import { Refusal } from '../base/refusal.ts'

const mostFields = 1_000

/**
 * Reads `application/x-www-form-urlencoded` text, strictly: a name that comes twice, an escape that is none and
 * bytes that are not UTF-8 are refused, because two parsers that repair them differently would see two different
 * requests.
 *
 * @throws {Refusal} request.malformed
 * @see WHATWG URL, section 5.1
 */
export function readForm(text: string): Map<string, string> {
  const pairs = text.split('&', mostFields + 1)
  if (pairs.length > mostFields) throw malformed('too many parameters')
  const form = new Map<string, string>()
  for (const pair of pairs) {
    if (pair === '') continue
    const at = pair.indexOf('=')
    const name = decode(at < 0 ? pair : pair.slice(0, at))
    if (form.has(name)) throw malformed('a parameter twice')
    form.set(name, at < 0 ? '' : decode(pair.slice(at + 1)))
  }
  return form
}

/** Of an address, what stands behind its question mark. */
export function readQuery(url: string): Map<string, string> {
  const at = url.indexOf('?')
  return at < 0 ? new Map() : readForm(url.slice(at + 1))
}

function decode(part: string): string {
  const text = part.includes('+') ? part.replaceAll('+', ' ') : part
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    throw malformed('a broken percent escape')
  }
}

function malformed(detail: string): Refusal {
  return new Refusal('request.malformed', { detail })
}
