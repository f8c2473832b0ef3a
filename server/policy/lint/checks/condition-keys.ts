import { actionsOf } from '../catalogue/actions.ts'
import { deprecatedKeys, keyNames, keyNamespaces, lacksName } from '../catalogue/condition-keys.ts'
import { knownServices } from '../catalogue/services.ts'
import { type Answer, type CheckTable, eachCondition, inStatements, type Problem, problem } from '../check.ts'
import { didYouMean, nearest } from '../text/nearest.ts'
import { quote } from '../text/quote.ts'
import type { ConditionView, StatementView } from '../view/policy-view.ts'

/** Names of condition keys. @see AWS IAM User Guide, "AWS global condition context keys" */
export const conditionKeyChecks = {
  'key-form': { level: 'warning', find: eachCondition(badForm) },
  'key-unknown': { level: 'warning', find: eachCondition(unknownKey) },
  'key-service-near': { level: 'suggestion', find: eachCondition(serviceNear) },
  'key-without-name': { level: 'warning', find: eachCondition(withoutName) },
  'key-deprecated': { level: 'warning', find: eachCondition(deprecatedKey) },
  'key-twice': { level: 'warning', find: inStatements(keysTwice) },
  'key-of-other-service': { level: 'warning', find: eachCondition(otherService) },
  'key-unpaired': { level: 'security', find: eachCondition(unpaired) },
} satisfies CheckTable

const form = /^[^\s:*?${}]+:[^\s*?${}]+$/

/** Names of tags may hold spaces. */
function badForm({ key, writtenKey, ...place }: ConditionView): Answer {
  if (key === '' || form.test(key) || /^[^\s:*?${}]+:[^\s*?${}/]*tag\/[^*?${}]+$/.test(key)) return undefined
  const message = `${quote(writtenKey)} is not of the form service:key. Wildcards and variables don't act in it.`
  return problem(place, message, 'Write the key as it is published, such as aws:SourceIp.')
}

function namespaceOf(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf(':')))
}

/** A namespace that is not listed, such as that of an issuer, may have any keys. */
function unknownKey({ key, writtenKey, known, ...place }: ConditionView): Answer {
  const namespace = namespaceOf(key)
  if (known !== undefined || !keyNamespaces.has(namespace) || lacksName(key) || deprecatedKeys.has(key)) {
    return undefined
  }
  const candidates = keyNames.filter(name => name.toLowerCase().startsWith(`${namespace}:`))
  const slash = key.indexOf('/') + 1
  const meant = nearest(key.slice(0, slash || undefined), candidates)
  const message = `There is no condition key ${quote(writtenKey)}.${didYouMean(meant && meant + key.slice(slash || key.length))}`
  return problem(place, message, 'Write a key that there is: no request ever has this one.')
}

function serviceNear({ key, writtenKey, ...place }: ConditionView): Answer {
  const namespace = namespaceOf(key)
  if (keyNamespaces.has(namespace) || knownServices.has(namespace) || namespace.length < 3) return undefined
  const meant = nearest(namespace, [...keyNamespaces, ...knownServices])
  if (meant === undefined) return undefined
  const hint = didYouMean(`${meant}${key.slice(namespace.length)}`)
  return problem(
    place,
    `${quote(writtenKey)} is a key of nothing that is known.${hint}`,
    'If it is one of your own, all is well.',
  )
}

function withoutName({ key, writtenKey, known, ...place }: ConditionView): Answer {
  if (known !== undefined || !lacksName(key)) return undefined
  const name = writtenKey.replace(/\/$/, '')
  return problem(place, `${name} alone names no tag.`, `Write ${name}/NAME.`)
}

function deprecatedKey({ key, writtenKey, ...place }: ConditionView): Answer {
  const newer = deprecatedKeys.get(key)
  if (newer === undefined) return undefined
  return problem(place, `${writtenKey} is a key of former times.`, `Write ${newer}.`)
}

/** Keys are the same in any case: both lines count, and the reader sees two. */
function* keysTwice({ conditions }: StatementView): Iterable<Problem> {
  const seen = new Set<string>()
  for (const { operator, key, writtenKey, ...place } of conditions) {
    const line = `${operator.path} ${key}`
    if (seen.has(line)) {
      const message = `${quote(writtenKey)} stands here already in another case; keys are the same in any case.`
      yield problem(place, message, 'Join the two.')
    }
    seen.add(line)
  }
}

/** Keys of a service are there for its own actions alone. */
function otherService(
  { key, known, writtenKey, ...place }: ConditionView,
  { actions }: StatementView,
): Answer {
  const namespace = namespaceOf(key)
  if (known === undefined || actions === undefined || actions.negated || actions.texts.length === 0)
    return undefined
  if (actionsOf(namespace) === undefined || namespace === 'sts') return undefined
  const services = actions.texts.map(({ value }) => namespaceOf(value).toLowerCase())
  if (services.some(service => service === '' || service === namespace)) return undefined
  const message = `Requests of ${[...new Set(services)].join(', ')} never have ${quote(writtenKey)}.`
  return problem(place, message, 'Take it out, or name it with actions of its own service.')
}

const networkKeys = ['aws:sourcevpc', 'aws:sourcevpce', 'aws:sourcevpcarn']

/** Private addresses are the same in everybody's network. */
function unpaired(
  { key, writtenKey, operator, ...place }: ConditionView,
  { effect, conditions }: StatementView,
): Answer {
  if (key !== 'aws:vpcsourceip' || effect !== 'Allow' || operator.negated) return undefined
  if (conditions.some(one => networkKeys.includes(one.key))) return undefined
  const message = `${writtenKey} alone says little: the same private addresses are in every network.`
  return problem(place, message, 'Add a condition on aws:SourceVpc.')
}
