import type { Given } from './rules.ts'
import { settingNames } from './settings.ts'

/** Kubernetes tells every container of a service that is called `ldap`, in variables of its own. */
function isOurs(name: string): boolean {
  return /^(?:ROLECALL_|LDAP_(?!SERVICE_|PORT(?:_|$)))/i.test(name)
}

/** A name that we would ignore is most likely a slip of the pen, and its owner believes that it counts. */
export function findUnknownNames(given: Given): string[] {
  return Object.keys(given)
    .filter(name => isOurs(name) && !settingNames.includes(name))
    .map(name => {
      const distanceTo = (known: string) => editDistance(known, name.toUpperCase())
      const near = settingNames.toSorted((a, b) => distanceTo(a) - distanceTo(b))[0] ?? ''
      const hint = distanceTo(near) <= 6 ? `did you mean ${near}?` : 'see .env.example for those there are'
      return `${name}: no such setting, ${hint}`
    })
}

/** Levenshtein's: how many letters must be added, dropped or exchanged. */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [above, letter] of [...from].entries()) {
    const next = [above + 1]
    for (const [left, other] of [...to].entries()) {
      const [added = 0, dropped = 0, kept = 0] = [next[left], row[left + 1], row[left]]
      next.push(Math.min(added + 1, dropped + 1, kept + (letter === other ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
