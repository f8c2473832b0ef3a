/** A map that forgets its oldest entry rather than grow beyond `most`. */
export type BoundedMap<Value> = {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
  values(): Iterable<Value>
  readonly size: number
}

/** Writing an entry again makes it the newest; reading does not. */
export function createBoundedMap<Value>(most: number): BoundedMap<Value> {
  const entries = new Map<string, Value>()
  return {
    get: key => entries.get(key),
    set(key, value) {
      entries.delete(key)
      entries.set(key, value)
      for (const oldest of entries.keys()) {
        if (entries.size <= most) break
        entries.delete(oldest)
      }
    },
    delete: key => void entries.delete(key),
    values: () => entries.values(),
    get size() {
      return entries.size
    },
  }
}
