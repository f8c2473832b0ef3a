/**
 * Hashes of one text and of the windows in it, made in one pass and only when somebody looks. One lives as
 * long as the process and is used for one text after the other, so that deciding makes no garbage for it.
 * A hash that two texts share costs a comparison, never a wrong answer.
 */
export class TextHashes {
  #text = ''
  #from = 0
  #made = false
  /** At n: of the first n characters. */
  #beginnings = new Int32Array(256)

  /** Takes up another text, from a place in it to its end. */
  use(text: string, from: number): void {
    this.#text = text
    this.#from = from
    this.#made = false
  }

  get length(): number {
    return this.#text.length - this.#from
  }

  whole(): number {
    return this.#made ? (this.#beginnings[this.length] ?? 0) : this.#make()
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
    if (length >= this.#beginnings.length) this.#beginnings = new Int32Array(length * 2)
    let hash = 0
    for (let n = 0; n < length; n++) {
      hash = (Math.imul(hash, base) + text.charCodeAt(from + n)) | 0
      this.#beginnings[n + 1] = hash
    }
    this.#made = true
    return hash
  }
}

const base = 0x01000193

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
