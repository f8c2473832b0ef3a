import type { Anchor } from './pattern.ts'
import { hashOf, hashOfWord, powerOf, type TextHashes } from './text-hashes.ts'

/** Fewer entries than this are looked through faster than they are looked up. */
const fewest = 4
/** More entries than this under one window are told apart by another one of their windows. */
const crowded = 8
const deepest = 4
/** A clue that no more of the entries have than this sifts well. */
const sifts = 1 / 32

/**
 * What texts are told apart by: whole words, of which a text has few; and where that does not do, windows of so many
 * characters, the wider ones where a pattern has as much text in one piece.
 */
const clueKinds = [
  { of: 'words' },
  { of: 'windows', width: 6, power: powerOf(6) },
  { of: 'windows', width: 3, power: powerOf(3) },
] as const
type Windows = Extract<(typeof clueKinds)[number], { of: 'windows' }>

type Filed<Entry> = { anchor: Anchor; entry: Entry }
/** `told`: it is in what a text begins or ends with, and that is looked at anyway. */
type Clue = { kind: number; run: number; at: number; width: number; hash: number; told: boolean }

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
class Files<Entry> {
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

/**
 * Finds the entries whose patterns could match a text. A pattern without wildcards is filed by its whole
 * text. Any other is filed by one clue in the text of it, a word or a window, the one that the fewest others
 * have: a text that it matches has that clue somewhere. So the time to look up follows the length of the text,
 * and not the number of entries. What is found may still not match; what is not found never does.
 */
export class AnchorTable<Entry> {
  readonly #anchorless: readonly Entry[]
  #files = new Files<Entry>(0)
  #hasExact = false
  /** Which kinds of clues are in use. */
  readonly #used: boolean[] = clueKinds.map(() => false)
  /** A bit for each hash that is there: most look-ups end here, without leaving the processor's cache. */
  readonly #bits: Int32Array
  readonly #mask: number

  constructor(entries: readonly Filed<Entry>[], depth = 0) {
    const bits = 2 ** Math.ceil(Math.log2(Math.max(32, entries.length * 32)))
    this.#bits = new Int32Array(bits / 32)
    this.#mask = bits - 1
    const isSmall = entries.length < fewest || depth === deepest
    const anchorless = isSmall ? entries : this.#file(entries, depth)
    this.#anchorless = [...new Set(anchorless.map(({ entry }) => entry))]
  }

  /** Puts what may match into `found` from `at` on; answers where it ends. An entry may be there twice. */
  lookUp(text: TextHashes, found: Entry[], at: number): number {
    let end = at
    for (const entry of this.#anchorless) found[end++] = entry
    if (this.#files.isEmpty) return end
    const whole = text.whole()
    if (this.#hasExact && this.#mayHave(whole)) end = this.#files.lookUp(whole, text, found, end)
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

  /** Answers what can't be filed. */
  #file(entries: readonly Filed<Entry>[], depth: number): Filed<Entry>[] {
    const clues = chooseClues(entries.map(({ anchor }) => anchor))
    const files = new Map<number, Filed<Entry>[]>()
    const rest: Filed<Entry>[] = []
    for (const [n, filed] of entries.entries()) {
      const { anchor, entry } = filed
      const clue = clues[n]
      if (anchor.exact) add(files, hashOf(anchor.prefix), filed)
      else if (clue === undefined) rest.push(filed)
      else {
        add(files, clue.hash, { anchor: without(anchor, clue), entry })
        this.#used[clue.kind] = true
      }
      this.#hasExact ||= anchor.exact
    }
    this.#files = new Files(entries.length)
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

/**
 * For each anchor the clue that the fewest others have: of the first kind that it has, unless very many have that
 * and one of a later kind is rarer. Undefined where there is none, or none is needed. Each kind that is in use is
 * looked for in every text: where a clue sifts well enough, a table below it does the rest.
 */
function chooseClues(anchors: readonly Anchor[]): (Clue | undefined)[] {
  const chosen: (Choice | undefined)[] = anchors.map(() => undefined)
  const countOf = (n: number) => chosen[n]?.count ?? Number.POSITIVE_INFINITY
  const fewEnough = Math.max(crowded, anchors.length * sifts)
  for (let kind = 0; kind < clueKinds.length; kind++) {
    const open = anchors.map((anchor, n) => (countOf(n) <= fewEnough ? [] : cluesOf(anchor, kind)))
    for (const [n, choice] of rarest(open).entries()) {
      if (choice !== undefined && choice.count < countOf(n)) chosen[n] = choice
    }
  }
  return chosen.map(choice => choice?.clue)
}

type Choice = { clue: Clue; count: number }

/** Counted roughly: clues that share a place only look less rare than they are. */
function rarest(clues: readonly (readonly Clue[])[]): (Choice | undefined)[] {
  const total = clues.reduce((sum, some) => sum + some.length, 0)
  const counts = new Uint16Array(2 ** Math.ceil(Math.log2(Math.max(64, total * 2))))
  const placeOf = ({ hash }: Clue) => spread(hash) & (counts.length - 1)
  const countOf = (clue: Clue) => counts[placeOf(clue)] ?? 0
  for (const some of clues) {
    for (const clue of some) counts[placeOf(clue)] = Math.min(65_535, countOf(clue) + 1)
  }
  return clues.map(some => {
    let best: Choice | undefined
    for (const clue of some) {
      const count = countOf(clue) + (clue.told ? 1 : 0)
      if (best === undefined || count < best.count) best = { clue, count }
    }
    return best
  })
}

function cluesOf({ runs, prefix, suffix, exact }: Anchor, kind: number): Clue[] {
  if (exact) return []
  const { of, ...size } = clueKinds[kind] ?? clueKinds[0]
  return runs.flatMap((text, run) => {
    const begins = run === 0 && prefix !== ''
    const ends = run === runs.length - 1 && suffix !== ''
    const told = begins || ends
    if (of === 'words') return wholeWords(text, begins, ends).map(word => ({ ...word, kind, run, told }))
    const width = 'width' in size ? size.width : 0
    const windows: Clue[] = []
    for (let at = 0; at + width <= text.length; at++) {
      windows.push({ kind, run, at, width, hash: hashOf(text.slice(at, at + width)), told })
    }
    return windows
  })
}

/** A word at the edge of a run goes on behind it, unless the text itself begins or ends there. */
function wholeWords(text: string, begins: boolean, ends: boolean): Pick<Clue, 'at' | 'width' | 'hash'>[] {
  return Array.from(text.matchAll(/[0-9A-Za-z]+/g), ({ 0: word, index: at }) => ({
    at,
    width: word.length,
    word,
  }))
    .filter(({ at, width }) => (begins || at > 0) && (ends || at + width < text.length))
    .map(({ at, width, word }) => ({ at, width, hash: hashOfWord(word) }))
}

/** What is left to tell by, once a clue is used. */
function without(anchor: Anchor, { run, at, width }: Clue): Anchor {
  const { runs } = anchor
  const used = runs[run] ?? ''
  return {
    ...anchor,
    runs: [...runs.slice(0, run), used.slice(0, at), used.slice(at + width), ...runs.slice(run + 1)],
  }
}

function add<Value>(table: Map<number, Value[]>, hash: number, value: Value): void {
  const list = table.get(hash)
  if (list === undefined) table.set(hash, [value])
  else list.push(value)
}

function spread(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return half ^ (half >>> 13)
}
