import { createRecent } from '../base/recent.ts'

/**
 * What a change concerns: one entry of a kind (`role:reader`), or the whole kind (`documents`). Names may hold
 * colons; kinds don't.
 */
export type Topic = string

/**
 * A bounded read-through cache for what is read at every request and seldom written. A write makes it forget
 * what the write names, so that an edited policy acts at once.
 */
export type CatalogueCache<T> = {
  /** The value, or undefined when there is none; loaded when that is not known yet. */
  get(key: string, load: () => Promise<T | undefined>): Promise<T | undefined>
  /** To be taken before something is read that will be `put`. */
  moment(): number
  /** Keeps what was read on the way to something else, unless a write came since that moment. */
  put(key: string, value: T, since: number): void
}

/** The caches of one node. */
export type Catalogue = {
  cache<T>(kind: string): CatalogueCache<T>
  forget(topics: readonly Topic[]): void
  /** When it can't be told what changed. */
  forgetAll(): void
}

/** Of each kind, of each of two generations. */
const mostEntries = 15_000
const mostAbsent = 20_000

/** @param isCurrent whether all changes are known: else what was read once may be a permission withdrawn since */
export function createCatalogue(isCurrent: () => boolean = () => true): Catalogue {
  const caches = new Map<string, Forgetful>()
  return {
    cache<T>(kind: string) {
      const cache = createCache<T>(isCurrent)
      caches.set(kind, cache)
      return cache
    },
    forget(topics) {
      for (const topic of topics) {
        const at = topic.indexOf(':')
        const cache = caches.get(at < 0 ? topic : topic.slice(0, at))
        cache?.forget(at < 0 ? undefined : topic.slice(at + 1))
      }
    },
    forgetAll() {
      for (const cache of caches.values()) cache.forget(undefined)
    },
  }
}

/** Without a key everything is forgotten. */
type Forgetful = { forget(key: string | undefined): void }

function createCache<T>(isCurrent: () => boolean): CatalogueCache<T> & Forgetful {
  const entries = createRecent<T>(mostEntries)
  // Apart, because strangers choose these names: a flood of them must not push out what is there.
  const absent = new Set<string>()
  let generation = 0
  function keep(key: string, value: T | undefined): void {
    if (value === undefined) {
      if (absent.size >= mostAbsent) absent.clear()
      absent.add(key)
    } else entries.keep(key, value)
  }
  async function loadAndKeep(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
    const loadedIn = generation
    const value = await load()
    // A write that came while we were reading may have made this value old: don't keep it.
    if (loadedIn === generation) keep(key, value)
    return value
  }
  return {
    // Not async: what is known is asked for several times in each request.
    get(key, load) {
      if (!isCurrent()) return load()
      const known = entries.find(key)
      if (known === undefined && !absent.has(key)) return loadAndKeep(key, load)
      if (known !== undefined) entries.keep(key, known)
      return Promise.resolve(known)
    },
    moment: () => generation,
    put(key, value, since) {
      if (isCurrent() && since === generation) keep(key, value)
    },
    forget(key) {
      generation++
      if (key === undefined) {
        entries.clear()
        absent.clear()
      } else {
        entries.delete(key)
        absent.delete(key)
      }
    },
  }
}
