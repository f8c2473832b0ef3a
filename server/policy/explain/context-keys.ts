import type { Policy } from '../policy.ts'

/** `${aws:username}` or `${aws:username, 'nobody'}`, but not `${*}`. */
const variable = /\$\{([^{},*?$]+)(,[^{}]*)?\}/g

/**
 * The condition keys that a policy asks about, in conditions and as variables, as they are written; each once, whatever
 * its case.
 */
export function contextKeysOf(policies: readonly Policy[]): string[] {
  const keys = new Map<string, string>()
  const add = (key: string) => {
    const name = key.trim()
    if (!keys.has(name.toLowerCase())) keys.set(name.toLowerCase(), name)
  }
  for (const { statements, version } of policies) {
    for (const { conditions, resources } of statements) {
      const texts = [...(resources?.written ?? [])]
      for (const { writtenKey, values } of conditions) {
        add(writtenKey)
        texts.push(...values)
      }
      // In older documents they are text like any other.
      if (version !== '2012-10-17') continue
      for (const text of texts) for (const [, key = ''] of text.matchAll(variable)) add(key)
    }
  }
  return [...keys.values()]
}
