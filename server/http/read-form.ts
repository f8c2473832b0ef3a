import { parse } from 'node:querystring'
import { Refusal } from '../base/refusal.ts'

const mostFields = 1_000

/**
 * Reads `application/x-www-form-urlencoded` text, strictly: a name that comes twice, an escape that
 * is none and bytes that are not UTF-8 are refused, because two parsers that repair them differently
 * would see two different requests. `querystring` is several times faster than `URLSearchParams`.
 *
 * @throws {Refusal} request.malformed
 */
export function readForm(text: string): Map<string, string> {
  // `querystring` stops at its bound without a word: what stands behind it would be read by others alone.
  if (text.split('&', mostFields + 1).length > mostFields) {
    throw new Refusal('request.malformed', { detail: 'too many parameters' })
  }
  let broken = false
  const decode = (part: string) => {
    try {
      return decodeURIComponent(part)
    } catch {
      broken = true
      return ''
    }
  }
  const fields = parse(text, '&', '=', { maxKeys: 0, decodeURIComponent: decode })
  if (broken) throw new Refusal('request.malformed', { detail: 'a broken percent escape' })

  const form = new Map<string, string>()
  for (const name in fields) {
    const value = fields[name]
    if (typeof value !== 'string') throw new Refusal('request.malformed', { detail: 'a parameter twice' })
    form.set(name, value)
  }
  return form
}
