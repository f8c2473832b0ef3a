/** `*`, `?`, a character, or a whole policy variable. */
export type Token = string | typeof anyText | typeof anyCharacter

const anyText: unique symbol = Symbol('*')
const anyCharacter: unique symbol = Symbol('?')

/** What a check may still spend on comparing: a document is there to be read, not to keep the machine busy. */
export type Effort = { left: number }

/** Enough for every document that people write. */
export function newEffort(): Effort {
  return { left: 2_000_000 }
}

const withVariables = /\$\{[^{}]*\}|[\s\S]/g
const withoutVariables = /[\s\S]/g

export function tokensOf(pattern: string, variables: boolean): Token[] {
  const parts = pattern.match(variables ? withVariables : withoutVariables) ?? []
  return parts.map(part => {
    if (part === '*') return anyText
    if (part === '?') return anyCharacter
    return /^\$\{[*?$]\}$/.test(part) ? part.slice(2, 3) : part
  })
}

export function hasWildcard(pattern: string, variables: boolean): boolean {
  return tokensOf(pattern, variables).some(token => typeof token === 'symbol')
}

/**
 * Whether everything that the narrow pattern matches is matched by the wide one. A variable may be any text,
 * and is covered by itself or by a star. Where it would cost too much, the answer is no.
 */
export function covers(wide: readonly Token[], narrow: readonly Token[], effort: Effort): boolean {
  let [w, n, star, mark] = [0, 0, -1, 0]
  while (n < narrow.length) {
    if (--effort.left < 0) return false
    if (wide[w] === anyText) {
      star = w++
      mark = n
    } else if (w < wide.length && fits(wide[w], narrow[n])) {
      w++
      n++
    } else if (star >= 0) {
      w = star + 1
      n = ++mark
    } else return false
  }
  while (wide[w] === anyText) w++
  return w === wide.length
}

function fits(wide: Token | undefined, narrow: Token | undefined): boolean {
  if (wide === narrow) return true
  return wide === anyCharacter && typeof narrow === 'string' && narrow.length === 1
}

/** Whether no text is matched by both, as far as what they begin and end with shows. */
export function disjoint(a: readonly Token[], b: readonly Token[]): boolean {
  return differ(a, b) || differ(a.toReversed(), b.toReversed())
}

function differ(a: readonly Token[], b: readonly Token[]): boolean {
  for (let n = 0; n < Math.max(a.length, b.length); n++) {
    const one = a[n]
    const other = b[n]
    if (isOpen(one) || isOpen(other)) return false
    if (one === undefined || other === undefined) return true
    if (one !== other && one !== anyCharacter && other !== anyCharacter) return true
  }
  return false
}

/** From here on, it may be any text. */
function isOpen(token: Token | undefined): boolean {
  return token === anyText || isVariable(token)
}

export function hasVariable(tokens: readonly Token[]): boolean {
  return tokens.some(isVariable)
}

function isVariable(token: Token | undefined): boolean {
  return typeof token === 'string' && token.length > 1
}
