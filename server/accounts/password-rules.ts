import { readFileSync } from 'node:fs'
import { Refusal } from '../base/refusal.ts'

export type PasswordRules = {
  /**
   * @param about the account's address and name, whose words are no passwords
   * @throws {Refusal} password.violation, saying why in words for people
   */
  require(password: string, about: { email: string; name?: string | undefined }): void
}

export const leastLength = 10
export const mostLength = 256
/** What is left of a password without the words of its account must be at least so long. */
const leastRest = 5

/**
 * Length first, a list of known passwords, and no rule about kinds of characters: such rules are met by a capital in
 * front and a digit behind.
 *
 * @see NIST SP 800-63B, section 5.1.1.2
 */
export async function openPasswordRules(refusedFile?: string): Promise<PasswordRules> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  const refused = new Set<string>()
  for (const one of dictionary['passwords-common']) if (one.length >= leastLength) refused.add(one)
  const own = refusedFile === undefined ? '' : readFileSync(refusedFile, 'utf8')
  for (const line of own.split(/\r?\n/)) if (line !== '') refused.add(keyOf(line))
  return {
    require(password, { email, name = '' }) {
      const length = [...password.normalize('NFC')].length
      if (length < leastLength) throw violation(`A password has at least ${leastLength} characters.`)
      if (length > mostLength) throw violation(`A password has at most ${mostLength} characters.`)
      const key = keyOf(password)
      if (refused.has(key) || isMonotone(key))
        throw violation('That password is among the first that anybody would try. Please choose another.')
      if (lengthWithout(key, wordsOf(`${email} ${name} rolecall`)) < leastRest)
        throw violation('That password is made of your address, your name or ours. Please choose another.')
    },
  }
}

function keyOf(password: string): string {
  return password.normalize('NFKC').toLowerCase()
}

function isMonotone(key: string): boolean {
  return new Set(key).size < 3
}

function wordsOf(text: string): string[] {
  return keyOf(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word.length >= 3)
    .toSorted((a, b) => b.length - a.length)
}

/** Digits and signs around a word are what everybody puts there. */
function lengthWithout(key: string, words: readonly string[]): number {
  let [rest, had] = [key, false]
  for (const word of words) {
    had ||= rest.includes(word)
    rest = rest.replaceAll(word, '')
  }
  return [...(had ? rest.replace(/[^\p{L}]+/gu, '') : rest)].length
}

function violation(message: string): Refusal {
  return new Refusal('password.violation', { said: { message } })
}
