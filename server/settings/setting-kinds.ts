import { z } from 'zod'

/** One line of text for which something holds. */
export function text(holds: RegExp | ((value: string) => boolean), problem: string) {
  const test = holds instanceof RegExp ? (value: string) => holds.test(value) : holds
  return z.string().refine(test, problem)
}

export function oneOf<const Value extends string>(values: readonly Value[]) {
  return z.enum(values, { error: `not a known value, expected one of ${values.join(', ')}` })
}

/** An id or secret that somebody else made: we only know that it is one word. */
export function word() {
  return text(/^[\x21-\x7e]{1,512}$/, 'not one word, expected visible characters without spaces').optional()
}

/** Kept as written, since an issuer is compared letter by letter. */
export function endpoint() {
  return text(isEndpoint, 'not an address, expected http(s)://host/path without user, query or fragment')
}

/** Lower case, since most are hosts and schemes, unless case is part of what is listed. */
export function listOf(holds: (entry: string) => boolean, problem: string, { caseSensitive = false } = {}) {
  return z
    .string()
    .transform(value => (caseSensitive ? value : value.toLowerCase()).split(',').map(entry => entry.trim()))
    .superRefine((entries, context) => {
      for (const [index, entry] of entries.entries()) {
        if (!holds(entry)) context.addIssue({ code: 'custom', message: `entry ${index + 1} is ${problem}` })
      }
    })
    .default([])
}

function isEndpoint(value: string): boolean {
  return parseWebUrl(value) !== undefined && !/[?#\s]/.test(value)
}

export function parseWebUrl(value: string): URL | undefined {
  const url = URL.parse(value)
  if (url === null || !/^https?:\/\/[^/\\]/i.test(value) || value.includes('@')) return undefined
  return url
}
