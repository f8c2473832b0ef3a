/**
 * Hashes of one text, of the words and of the windows in it, made in one pass and only when somebody looks. One lives as
 * long as the process and is used for one text after the other, so that deciding makes no garbage for it.
 * A hash that two texts share costs a comparison, never a wrong answer.
 */
export class TextHashes {
  #text = ''
  #from = 0
  #made = false
  /** At n: of the first n characters. */
  #beginnings = new Int32Array(256)
  #words = new Int32Array(128)
  #wordCount = 0

  /** Takes up another text, from a place in it to its end. */
  use(text: string, from: number): void {
    this.#text = text
    this.#from = from
    this.#made = false
  }

  get length(): number {
    return this.#text.length - this.#from
  }

  /** At n: of the first n characters. Made when `whole` is asked for. */
  get beginnings(): Int32Array {
    return this.#beginnings
  }

  whole(): number {
    return this.#made ? (this.#beginnings[this.length] ?? 0) : this.#make()
  }

  /** Words are of ASCII letters and digits; whatever else there is stands between them. */
  get wordCount(): number {
    return this.#wordCount
  }

  wordHash(n: number): number {
    return this.#words[n] ?? 0
  }

  /** Whether one of the words before it is the same. */
  hadWord(n: number): boolean {
    const hash = this.#words[n]
    for (let before = 0; before < n; before++) if (this.#words[before] === hash) return true
    return false
  }

  /** Of so many characters at the start, as the next two once `whole` was asked for. */
  beginning(length: number): number {
    return this.#beginnings[length] ?? 0
  }

  /** Of so many characters from a place on. `power` is `powerOf(width)`. */
  window(at: number, width: number, power: number): number {
    const before = this.#beginnings[at] ?? 0
    return ((this.#beginnings[at + width] ?? 0) - Math.imul(before, power)) | 0
  }

  #make(): number {
    const text = this.#text
    const from = this.#from
    const length = text.length - from
    if (length >= this.#beginnings.length) {
      this.#beginnings = new Int32Array(length * 2)
      this.#words = new Int32Array(length)
    }
    let [hash, count, wordFrom] = [0, 0, noWord]
    for (let n = 0; n < length; n++) {
      const code = text.charCodeAt(from + n)
      if (isWordCode(code)) {
        if (wordFrom === noWord) wordFrom = n
      } else if (wordFrom !== noWord) {
        this.#words[count++] = this.#wordOf(wordFrom, n)
        wordFrom = noWord
      }
      hash = (Math.imul(hash, base) + code) | 0
      this.#beginnings[n + 1] = hash
    }
    if (wordFrom !== noWord) this.#words[count++] = this.#wordOf(wordFrom, length)
    this.#wordCount = count
    this.#made = true
    return hash
  }

  #wordOf(from: number, to: number): number {
    const length = to - from
    return this.window(from, length, powers[length] ?? powerOf(length)) ^ wordMark
  }
}

const base = 0x01000193
const noWord = -1

/** So that a word and a window of the same text are told apart. */
const wordMark = 0x2545f491

function isWordCode(code: number): boolean {
  const lower = code | 0x20
  return (code >= 0x30 && code <= 0x39) || (lower >= 0x61 && lower <= 0x7a)
}

export function hashOfWord(word: string): number {
  return hashOf(word) ^ wordMark
}

export function hashOf(text: string): number {
  let hash = 0
  for (let n = 0; n < text.length; n++) hash = (Math.imul(hash, base) + text.charCodeAt(n)) | 0
  return hash
}

/** What a window's first character weighs. */
export function powerOf(width: number): number {
  let power = 1
  for (let n = 0; n < width; n++) power = Math.imul(power, base)
  return power
}

/** Of the words that there are; a longer one's is reckoned when it comes. */
const powers = Int32Array.from({ length: 64 }, (_, width) => powerOf(width))

/** Spreads a hash over all its bits: neighbours in the text are none in a table. */
export function spread(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return half ^ (half >>> 13)
}
