import type { AnchorTable } from './anchor-table.ts'
import type { Anchor } from './pattern.ts'
import { hashOf, powerOf, spread, type TextHashes } from './text-hashes.ts'

export type Filed<Entry> = { anchor: Anchor; entry: Entry }

/** Of one entry, in numbers: the hash that it is under, how its text begins and ends, and which entry it is. */
const fields = {
  hash: 0,
  /** Counted from 1; below 0, counted from -1, a table of entries. 0 where nothing is. */
  entry: 1,
  prefixLength: 2,
  prefixHash: 3,
  suffixLength: 4,
  suffixHash: 5,
  suffixPower: 6,
} as const
/** A power of two, so that a record never crosses a line of the processor's cache. */
const recordSize = 8

/**
 * The entries that are filed, by hash: one flat list of numbers, in which a record lies at the place of its hash or
 * at the next one that was free. How an entry's text begins and ends is looked at there, before the entry itself:
 * each object less is one place in memory less to fetch.
 */
export class Files<Entry> {
  readonly #records: Int32Array
  readonly #mask: number
  readonly #entries: Entry[] = []
  readonly #tables: AnchorTable<Entry>[] = []

  constructor(capacity: number) {
    const places = 2 ** Math.ceil(Math.log2(Math.max(2, capacity * 2)))
    this.#records = new Int32Array(places * recordSize)
    this.#mask = places - 1
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0 && this.#tables.length === 0
  }

  addTable(hash: number, table: AnchorTable<Entry>): void {
    this.#put(hash, -this.#tables.push(table))
  }

  add(hash: number, { anchor, entry }: Filed<Entry>): void {
    const at = this.#put(hash, this.#entries.push(entry))
    const of = this.#records
    of[at + fields.prefixLength] = anchor.prefix.length
    of[at + fields.prefixHash] = hashOf(anchor.prefix)
    of[at + fields.suffixLength] = anchor.suffix.length
    of[at + fields.suffixHash] = hashOf(anchor.suffix)
    of[at + fields.suffixPower] = powerOf(anchor.suffix.length)
  }

  /** Puts what may match into `found` from `at` on; answers where it ends. */
  lookUp(hash: number, text: TextHashes, found: Entry[], at: number): number {
    let end = at
    for (let place = spread(hash) & this.#mask; ; place = (place + 1) & this.#mask) {
      const record = place * recordSize
      const which = this.#records[record + fields.entry] ?? 0
      if (which === 0) return end
      if (this.#records[record + fields.hash] !== hash) continue
      if (which < 0) end = this.#tables[-which - 1]?.lookUp(text, found, end) ?? end
      else if (this.#mayMatch(record, text)) {
        const entry = this.#entries[which - 1]
        if (entry !== undefined) found[end++] = entry
      }
    }
  }

  #mayMatch(record: number, text: TextHashes): boolean {
    const of = this.#records
    const prefixLength = of[record + fields.prefixLength] ?? 0
    const suffixLength = of[record + fields.suffixLength] ?? 0
    if (prefixLength + suffixLength > text.length) return false
    if (text.beginning(prefixLength) !== of[record + fields.prefixHash]) return false
    const ending = text.window(text.length - suffixLength, suffixLength, of[record + fields.suffixPower] ?? 0)
    return ending === of[record + fields.suffixHash]
  }

  /** Answers where the record begins. */
  #put(hash: number, which: number): number {
    let place = spread(hash) & this.#mask
    while (this.#records[place * recordSize + fields.entry] !== 0) place = (place + 1) & this.#mask
    const record = place * recordSize
    this.#records[record + fields.hash] = hash
    this.#records[record + fields.entry] = which
    return record
  }
}
