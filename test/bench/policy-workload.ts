/** One statement, before it is put into a contender's own language. */
export type Rule = {
  effect: 'Allow' | 'Deny'
  actions: readonly string[]
  /** What follows the head of the ARN: a pattern with `*`, which may have one `${aws:username}` as a segment. */
  path: string
  /** The tag that the principal must have, and where the request must come from. */
  condition?: { team: string; block: string }
}

export type Ask = { action: string; path: string; team: string; username: string; sourceIp: string }

export type Workload = {
  name: string
  rules(count: number): Rule[]
  asks(rules: readonly Rule[]): Ask[]
}

export const arnHead = 'arn:aws:notes:eu-1:123456789012:'
export const roleArn = 'arn:aws:iam::123456789012:role/reader'
export const sessionArn = 'arn:aws:sts::123456789012:assumed-role/reader/ada'

/** Every action there is: languages without wildcards in actions list those that a wildcard means. */
export const allActions = ['notes:Read', 'notes:ListAll', 'notes:ListMine', 'notes:Write'] as const

/** Coprime to every number of statements and of requests: a walk in such steps comes by all of them. */
export const stride = 7919

const denyEvery = 10
const teams = 97
const people = 100

function effectOf(n: number): Rule['effect'] {
  return n % denyEvery === denyEvery - 1 ? 'Deny' : 'Allow'
}

function actionsOf(n: number): string[] {
  return n % 3 === 0 ? ['notes:Write'] : ['notes:Read', 'notes:List*']
}

function actionFor(n: number, ask: number): string {
  if (n % 3 === 0) return 'notes:Write'
  return ask % 2 === 0 ? 'notes:Read' : 'notes:ListAll'
}

/** Folders by their beginning, and a few hundred requests that come again and again. */
const repeating: Workload = {
  name: 'prefixes, five hundred requests over and over',
  rules: count =>
    Array.from({ length: count }, (_, n) => ({
      effect: effectOf(n),
      actions: actionsOf(n),
      path: `shelf-${n}/*`,
    })),
  asks: rules =>
    Array.from({ length: 500 }, (_, ask) => {
      const n = (ask * stride) % rules.length
      // One in five is about a shelf that nobody may touch in this way, or that is not there.
      const shelf = ask % 5 === 0 ? n + 1 : n
      return { ...person(ask), action: actionFor(n, ask), path: `shelf-${shelf}/book-${ask}` }
    }),
}

/** No request comes twice, and every statement has two conditions, a variable and wildcards in the middle. */
const distinct: Workload = {
  name: 'conditions, variables, wildcards inside; ten thousand distinct requests',
  rules: count =>
    Array.from({ length: count }, (_, n) => ({
      effect: effectOf(n),
      actions: actionsOf(n),
      path: patternFor(n),
      condition: { team: teamOf(n), block: '10.0.0.0/8' },
    })),
  asks: rules =>
    Array.from({ length: 10_000 }, (_, ask) => {
      const n = (ask * stride) % rules.length
      const who = person(ask)
      // Some are about another statement's resource, somebody else's, come from elsewhere or another team.
      const path = pathFor(ask % 5 === 0 ? n + 1 : n, ask, ask % 13 === 0 ? 'somebody' : who.username)
      const sourceIp = ask % 11 === 0 ? '192.0.2.7' : who.sourceIp
      return {
        ...who,
        action: actionFor(n, ask),
        path,
        team: teamOf(ask % 7 === 0 ? n + 1 : n),
        sourceIp,
      }
    }),
}

export const workloads = { repeating, distinct }

function teamOf(n: number): string {
  return `team-${n % teams}`
}

/** All alike in what they ask of an engine, so that a single one is no easier than one of many. */
function patternFor(n: number): string {
  const ways = [`*/draft-${n}`, `page-*-${n}/*`, `notes-*/chapter-${n}/*.md`, `book-${n}/*/cover`] as const
  return `${teamOf(n)}/\${aws:username}/${ways[n % ways.length]}`
}

function pathFor(n: number, ask: number, username: string): string {
  const ways = [
    `folder-${ask}/draft-${n}`,
    `page-${ask}-${n}/end`,
    `notes-${ask}/chapter-${n}/start.md`,
    `book-${n}/print-${ask}/cover`,
  ] as const
  return `${teamOf(n)}/${username}/${ways[n % ways.length]}`
}

function person(ask: number): { username: string; team: string; sourceIp: string } {
  const sourceIp = `10.${(ask >> 8) & 255}.${ask & 255}.3`
  return { username: `person-${ask % people}`, team: 'team-0', sourceIp }
}
