const mostEntries = 10_000

/**
 * A bounded read-through cache for the catalogue, which is read at every request and seldom
 * written. Every write clears it whole, so that an edited policy acts at once.
 */
export type CatalogueCache<T> = {
  /** The value, loaded when it is not here. What is absent is never cached: strangers choose names. */
  get(key: string, load: () => Promise<T | undefined>): Promise<T | undefined>
  clear(): void
}

export function createCatalogueCache<T>(): CatalogueCache<T> {
  const entries = new Map<string, T>()
  let generation = 0
  return {
    async get(key, load) {
      const known = entries.get(key)
      if (known !== undefined) return known
      const loadedIn = generation
      const value = await load()
      // A write that came while we were reading may have made this value old: don't keep it.
      if (value === undefined || loadedIn !== generation) return value
      if (entries.size >= mostEntries) entries.clear()
      entries.set(key, value)
      return value
    },
    clear() {
      generation++
      entries.clear()
    },
  }
}
