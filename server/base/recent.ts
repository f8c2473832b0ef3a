/** A bounded memory of what was used of late: what is in use stays in it, whatever else comes by. */
export type Recent<T> = {
  /** Is no use by itself. */
  find(key: string): T | undefined
  /** Used just now. */
  keep(key: string, value: T): void
  delete(key: string): void
  clear(): void
}

/**
 * Two generations: once the younger is full the older is forgotten, and the younger takes its place. What was kept again
 * meanwhile is in the younger, and no order has to be seen to at each use.
 *
 * @param most of each generation, in what `sizeOf` counts: values, unless it says otherwise
 */
export function createRecent<T>(most: number, sizeOf: (value: T) => number = () => 1): Recent<T> {
  let younger = new Map<string, T>()
  let older = new Map<string, T>()
  let size = 0

  function remove(key: string): void {
    const value = younger.get(key)
    if (value === undefined) return
    younger.delete(key)
    size -= sizeOf(value)
  }

  return {
    find: key => younger.get(key) ?? older.get(key),
    keep(key, value) {
      if (younger.get(key) === value) return
      remove(key)
      const added = sizeOf(value)
      if (size + added > most) {
        older = younger
        younger = new Map()
        size = 0
      }
      younger.set(key, value)
      size += added
    },
    delete(key) {
      remove(key)
      older.delete(key)
    },
    clear() {
      younger = new Map()
      older = new Map()
      size = 0
    },
  }
}
