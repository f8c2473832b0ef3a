import type { MappingRule, Why } from '../base/role-mapping.ts'

/**
 * A rule that matched, to whom it matched: what it names is then in their own claims. Not so for NotEqual, whose value is
 * somebody else's.
 */
export function wordsOfRule({ claim, matchType, value }: MappingRule): string {
  switch (matchType) {
    case 'Equals':
      return `${claim} is “${value}”`
    case 'Contains':
      return `${claim} contains “${value}”`
    case 'StartsWith':
      return `${claim} starts with “${value}”`
    case 'NotEqual':
      return `${claim} is not what the rule leaves out`
  }
}

/** Behind "It is yours". */
export function wordsOfWhy(why: Why): string {
  switch (why.kind) {
    case 'rule':
      return `by the rule: ${wordsOfRule(why.rule)}`
    case 'preferredRole':
      return 'because your provider prefers it for you'
    case 'onlyRole':
    case 'askedRole':
      return 'because your provider names it for you'
    default:
      return 'because nothing gives you another'
  }
}
