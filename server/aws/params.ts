import { Refusal } from '../base/refusal.ts'
import { plainName } from './member-name.ts'

/** The flat form that the Query protocol sends: `Tags.member.1.Key` and so on. */
export type Form = ReadonlyMap<string, string> & {
  /** Which of them were not text in JSON, but a number, `true` or `false`, a list or an object without members. */
  readonly notText?: ReadonlySet<string>
}

/** Reads one parameter; tells `problems` what is wrong with it. */
export type Param<T> = {
  read(form: Form, path: string, problems: string[]): T | undefined
  required: boolean
  /** Its name on the wire, where the code calls it otherwise. */
  calledOnWire?: string
}

const memberPattern = /^\.member\.[1-9]\d{0,3}(\.|$)/

export type Params<T> = { readonly [Name in keyof T]: Param<T[Name]> }
export type InputOf<P> = { [Name in keyof P]: P[Name] extends Param<infer T> ? T : never }

/**
 * Reads an action's parameters out of a form, all problems at once, in AWS's words.
 *
 * @throws {Refusal} request.invalid
 */
export function readParams<T>(params: Params<T>, form: Form): T {
  const problems: string[] = []
  const input = readMembers(params, form, '', problems)
  if (problems.length > 0) {
    const count = `${problems.length} validation error${problems.length > 1 ? 's' : ''} detected: `
    throw new Refusal('request.invalid', { said: { message: count + problems.join('; ') } })
  }
  return input
}

/** A schema of an action's parameters, by their names on the wire. */
export function params<P extends Record<string, Param<unknown>>>(schema: P): Params<InputOf<P>> {
  return schema as Params<InputOf<P>>
}

type TextRules = {
  min?: number
  max?: number
  pattern?: RegExp
  /** How AWS writes the pattern, where ours differs. */
  patternText?: string
  /** Never shown back to the caller, nor to whoever reads the fault in a log. */
  secret?: boolean
}

export function text({
  min = 0,
  max = 131_072,
  pattern,
  patternText,
  secret,
}: TextRules = {}): Param<string> {
  return {
    required: true,
    read(form, path, problems) {
      const value = form.get(path)
      if (value === undefined) return undefined
      if (form.notText?.has(path)) throw new Refusal('request.malformed', { detail: `${path} is no text` })
      const tell = (constraint: string) => problems.push(problem(secret ? '***' : value, path, constraint))
      if (value.length < min) tell(`Member must have length greater than or equal to ${min}`)
      else if (value.length > max) tell(`Member must have length less than or equal to ${max}`)
      else if (pattern && !pattern.test(value)) {
        tell(`Member must satisfy regular expression pattern: ${patternText ?? pattern.source}`)
      }
      return value
    },
  }
}

export function integer({ min, max }: { min: number; max: number }): Param<number> {
  return {
    required: true,
    read(form, path, problems) {
      const value = form.get(path)
      if (value === undefined) return undefined
      const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN
      if (Number.isNaN(number)) problems.push(problem(value, path, 'Member must be an integer'))
      else if (number < min) {
        problems.push(problem(value, path, `Member must have value greater than or equal to ${min}`))
      } else if (number > max) {
        problems.push(problem(value, path, `Member must have value less than or equal to ${max}`))
      }
      return number
    },
  }
}

/** `true` or `false`. */
export function flag(): Param<boolean> {
  return {
    required: true,
    read(form, path, problems) {
      const value = form.get(path)
      if (value === undefined) return undefined
      if (value !== 'true' && value !== 'false')
        problems.push(problem(value, path, 'Member must be a boolean'))
      return value === 'true'
    },
  }
}

/** `2026-01-02T03:04:05Z` or, as JSON writes it, seconds since the epoch. In milliseconds since the epoch. */
export function time(): Param<number> {
  return {
    required: true,
    read(form, path, problems) {
      const value = form.get(path)
      if (value === undefined) return undefined
      const isIso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.test(value)
      const isSeconds = /^\d{1,12}(\.\d{1,6})?$/.test(value)
      const ms = isIso ? Date.parse(value) : isSeconds ? Number(value) * 1000 : Number.NaN
      if (Number.isNaN(ms)) problems.push(problem(value, path, 'Member must be a timestamp'))
      return ms
    },
  }
}

export function oneOf<T extends string>(...values: readonly T[]): Param<T> {
  return {
    required: true,
    read(form, path, problems) {
      const value = form.get(path)
      if (value === undefined) return undefined
      const known = values.find(one => one === value)
      const constraint = `Member must satisfy enum value set: [${values.join(', ')}]`
      if (known === undefined) problems.push(problem(value, path, constraint))
      return known
    },
  }
}

/**
 * `NAME.member.1`, `NAME.member.2` ... What is written in another way is refused: a list may be what narrows a
 * session, and a member that is passed over would widen it.
 */
export function list<T>(member: Param<T>, { max, min = 0 }: { max: number; min?: number }): Param<T[]> {
  return {
    required: true,
    read(form, path, problems) {
      const values: T[] = []
      const misspelt = findMisspelt(form, path)
      if (misspelt !== undefined) {
        problems.push(problem(misspelt, path, 'Member must be named by its index, from 1 on'))
        return undefined
      }
      const indexes = memberIndexes(form, `${path}.member.`)
      if (indexes.length === 0 && !form.has(path)) return undefined
      if (indexes.length > max) {
        problems.push(problem('[...]', path, `Member must have length less than or equal to ${max}`))
        return undefined
      }
      if (indexes.length < min) {
        problems.push(problem('[...]', path, `Member must have length greater than or equal to ${min}`))
      }
      for (const index of indexes) {
        const value = member.read(form, `${path}.member.${index}`, problems)
        if (value !== undefined) values.push(value)
      }
      return values
    },
  }
}

export function structure<P extends Record<string, Param<unknown>>>(members: P): Param<InputOf<P>> {
  return {
    required: true,
    read(form, path, problems) {
      if (!form.has(path) && ![...form.keys()].some(name => name.startsWith(`${path}.`))) return undefined
      return readMembers(params(members), form, `${path}.`, problems)
    },
  }
}

/** The same parameter under another name than the code has for it: one that stands for `RoleName` or `UserName`. */
export function called<T>(calledOnWire: string, param: Param<T>): Param<T> {
  return { ...param, calledOnWire }
}

export function optional<T>(param: Param<T>): Param<T | undefined>
export function optional<T>(param: Param<T>, fallback: T): Param<T>
export function optional<T>(param: Param<T>, fallback?: T): Param<T | undefined> {
  return {
    required: false,
    read: (form, path, problems) => param.read(form, path, problems) ?? fallback,
  }
}

function readMembers<T>(schema: Params<T>, form: Form, prefix: string, problems: string[]): T {
  const input: Partial<T> = {}
  for (const name in schema) {
    const param = schema[name]
    const path = prefix + (param.calledOnWire ?? name)
    const before = problems.length
    const value = param.read(form, path, problems)
    if (value !== undefined) input[name] = value
    else if (param.required && problems.length === before) {
      problems.push(`Value null at '${wirePath(path)}' failed to satisfy constraint: Member must not be null`)
    }
  }
  // Whatever is missing is among the problems, and the caller throws on any.
  return input as T
}

/** An empty list alone is written without an index: `NAME=`. */
function findMisspelt(form: Form, path: string): string | undefined {
  if ((form.get(path) ?? '') !== '') return path
  return [...form.keys()].find(
    name => name.startsWith(`${path}.`) && !memberPattern.test(name.slice(path.length)),
  )
}

function memberIndexes(form: Form, prefix: string): number[] {
  const indexes = new Set<number>()
  for (const name of form.keys()) {
    if (!name.startsWith(prefix)) continue
    indexes.add(Number.parseInt(name.slice(prefix.length), 10))
  }
  return [...indexes].sort((a, b) => a - b)
}

/** In AWS's words. */
export function problem(value: string, path: string, constraint: string): string {
  const shown = value.length > 100 ? `${value.slice(0, 100)}...` : value
  return `Value '${shown}' at '${wirePath(path)}' failed to satisfy constraint: ${constraint}`
}

/** How AWS names `PolicyArns.member.1.arn` in its messages: `policyArns.1.member.arn`. */
function wirePath(path: string): string {
  const plain = plainName(path.replace(/\.member\.(\d+)/g, '.$1.member'))
  return plain.charAt(0).toLowerCase() + plain.slice(1)
}
