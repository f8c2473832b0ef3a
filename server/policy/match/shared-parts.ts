import type { Variable } from './segment.ts'

/**
 * Texts and variables that many patterns of a document have in them. Each is kept once: what the patterns
 * share is then in the processor's cache, where a copy for each would be fetched from memory for each.
 */
export class SharedParts {
  readonly #texts = new Map<string, string>()
  readonly #variables = new Map<string, Variable>()

  text(text: string): string {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    this.#texts.set(text, text)
    return text
  }

  variable(variable: Variable): Variable {
    const name = JSON.stringify(variable)
    const known = this.#variables.get(name)
    if (known !== undefined) return known
    this.#variables.set(name, variable)
    return variable
  }
}
