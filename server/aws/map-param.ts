import { plainName } from './member-name.ts'
import { type Form, type Param, problem } from './params.ts'

/** A map of the JSON protocol, `NAME.KEY` with its key escaped. At most `max` entries. */
export function map<T>(
  key: Param<string>,
  value: Param<T>,
  { max }: { max: number },
): Param<ReadonlyMap<string, T>> {
  return {
    required: true,
    read(form, path, problems) {
      const names = segmentsBelow(form, `${path}.`)
      if (names.length === 0) return form.has(path) ? new Map() : undefined
      if (names.length > max) {
        problems.push(problem('{...}', path, `Member must have length less than or equal to ${max}`))
        return undefined
      }
      const entries = new Map<string, T>()
      for (const name of names) {
        const plain = plainName(name)
        const before = problems.length
        key.read(new Map([[path, plain]]), path, problems)
        const read = value.read(form, `${path}.${name}`, problems)
        if (read !== undefined) entries.set(plain, read)
        else if (problems.length === before) problems.push(problem('{...}', path, 'Member must not be null'))
      }
      return entries
    },
  }
}

function segmentsBelow(form: Form, prefix: string): string[] {
  const segments = new Set<string>()
  for (const name of form.keys()) {
    if (name.startsWith(prefix)) segments.add(name.slice(prefix.length).split('.', 1)[0] ?? '')
  }
  return [...segments]
}
