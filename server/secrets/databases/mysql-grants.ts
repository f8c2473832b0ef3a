/** One row of SHOW GRANTS: what it grants, apart from whom to and how they prove who they are. */
export type Grant = {
  /** `GRANT SELECT, INSERT ON `shop`.*`, as the server quoted it. */
  head: string
  /** `TO`, or `FOR` of a default role. */
  link: 'TO' | 'FOR'
  /** ` WITH GRANT OPTION` and what else may follow. */
  tail: string
}

/** A quoted part in which the quote stands doubled, or a text in which it is escaped. */
const quoted = /`(?:[^`]|``)*`|'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*"/y
const account = /(?:`(?:[^`]|``)*`|'(?:[^'\\]|''|\\.)*')@(?:`(?:[^`]|``)*`|'(?:[^'\\]|''|\\.)*')/y
const proof =
  / IDENTIFIED (?:BY PASSWORD|VIA|WITH)\b(?:[^'`]|'(?:[^'\\]|''|\\.)*'|`[^`]*`)*?(?= REQUIRE | WITH |$)/

/**
 * Takes a row of SHOW GRANTS apart. A table may be called "a TO b": what stands in quotes is passed over.
 *
 * @returns undefined for a row that is of no known form
 */
export function readGrant(row: string): Grant | undefined {
  for (let at = 0; at < row.length; ) {
    quoted.lastIndex = at
    const part = quoted.exec(row)
    if (part !== null) {
      at += part[0].length
      continue
    }
    const link = ([' TO ', ' FOR '] as const).find(one => row.startsWith(one, at))
    if (link === undefined) {
      at++
      continue
    }
    account.lastIndex = at + link.length
    const whom = account.exec(row)
    if (whom === null) return undefined
    const tail = row.slice(account.lastIndex).replace(proof, '')
    return { head: row.slice(0, at), link: link === ' TO ' ? 'TO' : 'FOR', tail }
  }
  return undefined
}

export function writeGrant({ head, link, tail }: Grant, account: string): string {
  return `${head} ${link} ${account}${tail}`
}

/** One that every account has, and that says how it may log in. */
export function isBare({ head, tail }: Grant): boolean {
  return head === 'GRANT USAGE ON *.*' && !tail.includes('GRANT OPTION')
}

/** Whether somebody has by these grants all that somebody else has by those. */
export function covers(these: readonly Grant[], those: readonly Grant[]): boolean {
  return those.every(one => {
    const { privileges, rest } = apart(one)
    const held = new Set(these.map(apart).flatMap(other => (other.rest === rest ? other.privileges : [])))
    return (
      held.has('ALL PRIVILEGES') ||
      privileges.every(privilege => privilege === 'USAGE' || held.has(privilege))
    )
  })
}

/** Privileges, and on what and how. */
function apart({ head, link, tail }: Grant): { privileges: string[]; rest: string } {
  const [, list, on] = /^GRANT (.*?)( ON .*)$/s.exec(head) ?? []
  // A role, or a default role: it is held whole or not at all.
  if (list === undefined || on === undefined || list.includes('`')) {
    return { privileges: [head], rest: `${link}${tail}` }
  }
  return { privileges: list.split(', '), rest: `${on}${tail}` }
}
