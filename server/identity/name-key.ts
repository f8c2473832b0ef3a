import { createHash } from 'node:crypto'

/** Letters that a directory may compare as another one, and no form of Unicode takes apart. */
const strokes: Readonly<Record<string, string>> = { ø: 'o', đ: 'd', ð: 'd', ħ: 'h', ł: 'l', ŧ: 't' }

/**
 * What tries at a name are counted under, whether or not anybody has it. Directories find one account by many
 * spellings: LDAP passes over case, blanks and characters that nobody sees (a soft hyphen), AD over accents as well.
 * Counted apart, each spelling would be as many guesses more. Two people whose names fall together share a count, which
 * costs them less.
 *
 * A hash, so that a long name takes no more room, and a password that was typed into the wrong field is not kept.
 *
 * @see RFC 4518, section 2 (string preparation); [MS-ADTS] section 3.1.1.3.1.3, search filters
 */
export function nameKey(name: string): string {
  return keyOf(foldName(name))
}

export function keyOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)
}

function foldName(name: string): string {
  return name
    .normalize('NFKD')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[\p{C}\p{M}\p{Z}\s\u{fffc}]/gu, '')
    .replace(/[øđðħłŧ]/g, letter => strokes[letter] ?? letter)
    .replace(/[\u30a1-\u30f6]/g, katakana => String.fromCharCode(katakana.charCodeAt(0) - 0x60))
}
