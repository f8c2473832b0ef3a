/** Plain text, or a wildcard that crosses colons or stays between them. */
export type Step = string | { wildcard: '*' | '?'; crosses: boolean }

const colon = 0x3a

/**
 * Whether steps make up the whole of a text: Shift-And with loops (Navarro and Raffinot, extended patterns). One bit for
 * each number of characters that the pattern can have used up by now; a star is a bit that may stay. Each character of
 * the text is looked at once, whatever the pattern: going back to try another place for a star would let `*a*a*a...`
 * take exponential time.
 */
export type Automaton = {
  /** Of the text from `from` up to `to`. */
  matches(text: string, from: number, to: number): boolean
}

/** To be kept where it is asked often: making it takes as long as running it over a few hundred characters. */
export function compileAutomaton(steps: readonly Step[]): Automaton {
  const { codes, stays, staysBetween } = read(steps)
  const words = stays.length
  const own = new Set([colon, ...codes])
  const others = maskOf(codes, none, words)
  const masks = new Map<number, Int32Array>()
  const keep = (code: number) => {
    // Only of characters that the pattern names: a text may have any.
    if (!own.has(code)) return others
    const mask = maskOf(codes, code, words)
    masks.set(code, mask)
    return mask
  }
  return {
    matches(text, from, to) {
      const state = new Int32Array(words)
      state[0] = 1
      for (let at = from; at < to; at++) {
        const code = text.charCodeAt(at)
        const mask = masks.get(code) ?? keep(code)
        const loops = code === colon ? stays : staysBetween
        let carry = 0
        for (let n = 0; n < words; n++) {
          const word = state[n] ?? 0
          state[n] = (((word << 1) | carry) & (mask[n] ?? 0)) | (word & (loops[n] ?? 0))
          carry = word >>> 31
        }
      }
      return hasBit(state, codes.length)
    },
  }
}

const any = -1
const anyBetween = -2
/** A character that no pattern names. */
const none = -3

type Read = {
  /** What the n-th character must be. */
  codes: readonly number[]
  /** States that a colon leaves as they are. */
  stays: Int32Array
  /** States that any other character does. */
  staysBetween: Int32Array
}

function read(steps: readonly Step[]): Read {
  const codes: number[] = []
  const [crossing, between]: [number[], number[]] = [[], []]
  for (const step of steps) {
    if (typeof step === 'string') for (let n = 0; n < step.length; n++) codes.push(step.charCodeAt(n))
    else if (step.wildcard === '?') codes.push(step.crosses ? any : anyBetween)
    else {
      between.push(codes.length)
      if (step.crosses) crossing.push(codes.length)
    }
  }
  const words = (codes.length + 32) >>> 5
  return { codes, stays: bitsOf(crossing, words), staysBetween: bitsOf(between, words) }
}

/** The states that a character leads into. */
function maskOf(codes: readonly number[], code: number, words: number): Int32Array {
  const states: number[] = []
  codes.forEach((wanted, n) => {
    if (wanted === code || wanted === any || (wanted === anyBetween && code !== colon)) states.push(n + 1)
  })
  return bitsOf(states, words)
}

function bitsOf(states: readonly number[], words: number): Int32Array {
  const bits = new Int32Array(words)
  for (const n of states) bits[n >>> 5] = (bits[n >>> 5] ?? 0) | (1 << (n & 31))
  return bits
}

function hasBit(bits: Int32Array, n: number): boolean {
  return ((bits[n >>> 5] ?? 0) & (1 << (n & 31))) !== 0
}
