import type { Entry } from 'ldapts'

/** An entry whose attributes are found whatever case the server writes their names in. */
export type DirectoryEntry = {
  dn: string
  all(attribute: string): string[]
  one(attribute: string): string | undefined
  bytes(attribute: string): Buffer | undefined
}

export function readEntry(entry: Entry): DirectoryEntry {
  const values = new Map<string, readonly (string | Buffer)[]>()
  for (const [name, value] of Object.entries(entry)) {
    if (name !== 'dn') values.set(name.toLowerCase(), [value].flat())
  }
  const of = (attribute: string) => values.get(attribute.toLowerCase()) ?? []
  return {
    dn: entry.dn,
    all: attribute => of(attribute).filter(value => typeof value === 'string'),
    one: attribute => of(attribute).find(value => typeof value === 'string'),
    bytes(attribute) {
      const [value] = of(attribute)
      return typeof value === 'string' ? Buffer.from(value) : value
    },
  }
}
