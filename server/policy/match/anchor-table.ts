import { type Filed, Files } from './anchor-files.ts'
import { chooseClues, clueKinds, crowded, type Windows, without } from './clues.ts'
import { hashOf, spread, type TextHashes } from './text-hashes.ts'

/** Fewer entries than this are looked through faster than they are looked up. */
const fewest = 4
const deepest = 4
/** What those are under that have no clue. Should a clue have the same hash, they are only found twice. */
const clueless = 0x5bd1e995

/**
 * Finds the entries whose patterns could match a text. A pattern without wildcards is filed by its whole
 * text. Any other is filed by one clue in the text of it, a word or a window, the one that the fewest others
 * have: a text that it matches has that clue somewhere. So the time to look up follows the length of the text,
 * and not the number of entries. What is found may still not match; what is not found never does.
 */
export class AnchorTable<Entry> {
  /** Those that any text may match, and any of a few. */
  readonly #anchorless: readonly Entry[]
  readonly #files: Files<Entry>
  #hasExact = false
  /** Whether there are any that only how they begin and end can tell. */
  #hasClueless = false
  /** Which kinds of clues are in use. */
  readonly #used: boolean[] = clueKinds.map(() => false)
  /** A bit for each hash that is there: most look-ups end here, without leaving the processor's cache. */
  readonly #bits: Int32Array
  readonly #mask: number

  constructor(entries: readonly Filed<Entry>[], depth = 0) {
    const bits = 2 ** Math.ceil(Math.log2(Math.max(32, entries.length * 16)))
    this.#bits = new Int32Array(bits / 32)
    this.#mask = bits - 1
    this.#files = new Files(entries.length)
    const anchorless = entries.length < fewest ? entries : this.#file(entries, depth)
    this.#anchorless = [...new Set(anchorless.map(({ entry }) => entry))]
  }

  /** Puts what may match into `found` from `at` on; answers where it ends. An entry may be there twice. */
  lookUp(text: TextHashes, found: Entry[], at: number): number {
    let end = at
    for (const entry of this.#anchorless) found[end++] = entry
    if (this.#files.isEmpty) return end
    const whole = text.whole()
    if (this.#hasExact && this.#mayHave(whole)) end = this.#files.lookUp(whole, text, found, end)
    if (this.#hasClueless) end = this.#files.lookUp(clueless, text, found, end)
    for (let n = 0; n < clueKinds.length; n++) {
      const kind = clueKinds[n]
      if (kind === undefined || this.#used[n] !== true) continue
      end = kind.of === 'words' ? this.#scanWords(text, found, end) : this.#scan(kind, text, found, end)
    }
    return end
  }

  #scanWords(text: TextHashes, found: Entry[], at: number): number {
    let end = at
    for (let n = 0; n < text.wordCount; n++) {
      const hash = text.wordHash(n)
      if (this.#mayHave(hash) && !text.hadWord(n)) end = this.#files.lookUp(hash, text, found, end)
    }
    return end
  }

  /** The one loop that runs for each character: all that it needs is at hand. */
  #scan({ width, power }: Windows, text: TextHashes, found: Entry[], at: number): number {
    const [bits, mask, { beginnings }] = [this.#bits, this.#mask, text]
    let end = at
    for (let from = text.length - width; from >= 0; from--) {
      const hash = ((beginnings[from + width] ?? 0) - Math.imul(beginnings[from] ?? 0, power)) | 0
      const bit = spread(hash) & mask
      if (((bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0) end = this.#files.lookUp(hash, text, found, end)
    }
    return end
  }

  /** Answers what nothing tells. */
  #file(entries: readonly Filed<Entry>[], depth: number): Filed<Entry>[] {
    const clues = depth === deepest ? [] : chooseClues(entries.map(({ anchor }) => anchor))
    const files = new Map<number, Filed<Entry>[]>()
    const rest: Filed<Entry>[] = []
    for (const [n, filed] of entries.entries()) {
      const { anchor, entry } = filed
      const clue = clues[n]
      if (anchor.exact) add(files, hashOf(anchor.prefix), filed)
      else if (clue === undefined && anchor.prefix === '' && anchor.suffix === '') rest.push(filed)
      else if (clue === undefined) {
        this.#files.add(clueless, filed)
        this.#hasClueless = true
      } else {
        add(files, clue.hash, { anchor: without(anchor, clue), entry })
        this.#used[clue.kind] = true
      }
      this.#hasExact ||= anchor.exact
    }
    for (const [hash, filed] of files) {
      this.#mark(hash)
      const isCrowded = filed.length > crowded && !filed.every(({ anchor }) => anchor.exact)
      if (isCrowded) this.#files.addTable(hash, new AnchorTable(filed, depth + 1))
      else for (const one of filed) this.#files.add(hash, one)
    }
    return rest
  }

  #mark(hash: number): void {
    const bit = spread(hash) & this.#mask
    this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31))
  }

  #mayHave(hash: number): boolean {
    const bit = spread(hash) & this.#mask
    return ((this.#bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0
  }
}

function add<Value>(table: Map<number, Value[]>, hash: number, value: Value): void {
  const list = table.get(hash)
  if (list === undefined) table.set(hash, [value])
  else list.push(value)
}
