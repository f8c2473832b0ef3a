/**
 * Which texts can be asked about at all, as an automaton of its own. `step` answers undefined where no such
 * text goes on; of the characters that it is not particular about, all lead to the same state.
 */
export type Shape = {
  start: number
  step(state: number, code: number): number | undefined
  accepts(state: number): boolean
  /** The characters that it is particular about. */
  toldApart: string
  /** Characters to write examples with, the first that are free first. */
  fillers: string
}

const letters = 'xyzeabcdfghijklmnopqrstuvw'
const digits = '0123456789'
/** More characters than any pattern has, so that there is always one that no pattern is particular about. */
const many = String.fromCharCode(...Array.from({ length: 0x2000 }, (_, n) => 0x20 + n))

export const anyText: Shape = {
  start: 0,
  step: () => 0,
  accepts: () => true,
  toldApart: '',
  fillers: `${letters}${digits}${many}`,
}

/** `service:name`, in lower case. */
export const actionText: Shape = {
  start: 0,
  step(state, code) {
    const character = String.fromCharCode(code)
    if (state < 2) {
      if (character === ':') return state === 1 ? 2 : undefined
      return /[a-z0-9-]/.test(character) ? 1 : undefined
    }
    return /[a-z0-9_.-]/.test(character) ? 3 : undefined
  },
  accepts: state => state === 3,
  toldApart: ':',
  fillers: `${letters}${digits}-_.`,
}

const scheme = 'arn:'
/** After `*` alone. */
const star = -1

/**
 * An ARN of six fields, of which partition, service and resource are not empty; or `*`, which requests have
 * as their resource when the action has none. States from 4 on: two for each field, empty so far or not.
 */
export const resourceText: Shape = {
  start: 0,
  step(state, code) {
    const character = String.fromCharCode(code)
    if (state === 0 && character === '*') return star
    if (state === star) return undefined
    if (state < scheme.length) return character === scheme[state] ? state + 1 : undefined
    const field = Math.floor((state - scheme.length) / 2)
    const isEmpty = (state - scheme.length) % 2 === 0
    if (character !== ':' || field === lastField) return scheme.length + field * 2 + 1
    return isEmpty && field < 2 ? undefined : scheme.length + (field + 1) * 2
  },
  accepts: state => state === star || state === scheme.length + lastField * 2 + 1,
  toldApart: `*${scheme}`,
  fillers: anyText.fillers,
}

/** Counted after `arn`: partition, service, region, account, resource. */
const lastField = 4
