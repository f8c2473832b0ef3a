const mostEntries = 10_000

/**
 * A bounded read-through cache for the catalogue, which is read at every request and seldom
 * written. Every write clears it whole, so that an edited policy acts at once.
 */
export type CatalogueCache<T> = {
  /** The value, or undefined when there is none; loaded when that is not known yet. */
  get(key: string, load: () => Promise<T | undefined>): Promise<T | undefined>
  clear(): void
}

export function createCatalogueCache<T>(): CatalogueCache<T> {
  const entries = new Map<string, T>()
  // Apart, because strangers choose these names: a flood of them must not push out what is there.
  const absent = new Set<string>()
  let generation = 0
  return {
    async get(key, load) {
      const known = entries.get(key)
      if (known !== undefined || absent.has(key)) return known
      const loadedIn = generation
      const value = await load()
      // A write that came while we were reading may have made this value old: don't keep it.
      if (loadedIn !== generation) return value
      const kept = value === undefined ? absent : entries
      if (kept.size >= mostEntries) kept.clear()
      if (value === undefined) absent.add(key)
      else entries.set(key, value)
      return value
    },
    clear() {
      generation++
      entries.clear()
      absent.clear()
    },
  }
}
