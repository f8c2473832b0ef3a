import type { ShownMapping, ShownVerdict } from './mapping-answers.ts'

/** By which role, or by none, a mapping's question ends. */
export function wordsOfOutcome({ outcome, firingRule }: ShownVerdict, { byToken }: ShownMapping): string {
  const nothing = byToken ? 'The token gives no one role' : 'No rule matches'
  switch (outcome) {
    case 'Rule':
      return `Rule ${firingRule} fires: it is the first that matches.`
    case 'PreferredRole':
      return 'The token prefers this role.'
    case 'OnlyRole':
      return 'It is the only role that the token names.'
    case 'Default':
      return `${nothing}, so the default role counts.`
    case 'Ambiguous':
      return `${nothing}, and whom the mapping gives no role is denied one.`
    default:
      return `${nothing}, and there is no default role.`
  }
}

/** What comes of both, the mapping and the trust policy. */
export function wordsOfEnd({ roleArn, trusts }: ShownVerdict): { tone: 'info' | 'problem'; text: string } {
  const given = trusts.find(({ isGiven }) => isGiven)
  if (roleArn !== undefined && given?.admits === true) return { tone: 'info', text: 'They get this role.' }
  const others = trusts.filter(({ isGiven, admits }) => !isGiven && admits).length
  const rest =
    others === 0 ? '' : ` They may choose ${others === 1 ? 'another one' : `among ${others} others`}.`
  const text =
    roleArn === undefined
      ? `They are given no role.${rest}`
      : `They do not get this role all the same: the reason is below.${rest}`
  return { tone: 'problem', text }
}

/** Something to begin with, which the first rule means or a token would say. */
export function sampleFor({ rules: [first], byToken, defaultRole }: ShownMapping): string {
  const claims: Record<string, unknown> = { sub: 'sample' }
  if (byToken) claims['cognito:roles'] = defaultRole === undefined ? [] : [defaultRole]
  else if (first !== undefined && first.claim !== 'sub') claims[first.claim] = [first.value]
  return JSON.stringify(claims, null, 2)
}
