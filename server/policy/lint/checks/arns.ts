import { blankFields, knownServices, resourceTypes } from '../catalogue/services.ts'
import { type Answer, type CheckTable, type Problem, problem } from '../check.ts'
import type { Place } from '../text/json-node.ts'
import { didYouMean, nearest } from '../text/nearest.ts'
import { quote } from '../text/quote.ts'
import { arnFields, isPlain, isWholeArn } from '../view/arn-fields.ts'
import type { PolicyView } from '../view/policy-view.ts'

/** ARNs, in Resource and in what conditions compare ARNs with. @see AWS General Reference, "Amazon Resource Names" */
export const arnChecks = {
  'arn-incomplete': { level: 'warning', find: eachArn(incomplete) },
  'arn-partition': { level: 'warning', find: eachWholeArn(partition) },
  'arn-service': { level: 'suggestion', find: eachWholeArn(service) },
  'arn-region': { level: 'warning', find: eachWholeArn(region) },
  'arn-account': { level: 'warning', find: eachWholeArn(account) },
  'arn-resource': { level: 'warning', find: eachWholeArn(resource) },
} satisfies CheckTable

type Fields = { partition: string; service: string; region: string; account: string; resource: string }

const partitions = [
  'aws',
  'aws-cn',
  'aws-us-gov',
  'aws-iso',
  'aws-iso-b',
  'aws-iso-e',
  'aws-iso-f',
  'aws-eusc',
]

function eachArn(ask: (text: string, place: Place) => Answer) {
  return function* (policy: PolicyView): Iterable<Problem> {
    for (const { value, ...place } of arnsOf(policy)) {
      const answer = value === '*' ? undefined : ask(value, place)
      if (answer !== undefined) yield answer
    }
  }
}

function eachWholeArn(ask: (fields: Fields, place: Place) => Answer) {
  return eachArn((text, place) => {
    const [prefix, partition = '', service = '', region = '', account = '', resource] = arnFields(text)
    if (prefix !== 'arn' || resource === undefined) return undefined
    return ask({ partition, service, region, account, resource }, place)
  })
}

function* arnsOf({ statements }: PolicyView): Iterable<Place & { value: string }> {
  for (const { resources, conditions } of statements) {
    yield* resources?.texts ?? []
    for (const { operator, values } of conditions) if (operator.family === 'Arn') yield* values
  }
}

function incomplete(text: string, place: Place): Answer {
  if (/^arn:/.test(text) && isWholeArn(text)) return undefined
  const form = 'Write all fields: arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE.'
  if (!text.startsWith('arn:')) return problem(place, `${quote(text)} is no ARN: it matches none.`, form)
  return problem(place, `${quote(text)} lacks fields: each of them is taken for a star.`, form)
}

function partition({ partition, service }: Fields, place: Place): Answer {
  if (!isPlain(partition)) return undefined
  if (blankFields.has(service) && resourceTypes.has(service) && partition !== 'aws') {
    const message = `ARNs that Rolecall makes are of the partition aws, not ${quote(partition)}.`
    return problem(place, message, 'Write arn:aws:...')
  }
  if (partitions.includes(partition)) return undefined
  const meant = didYouMean(nearest(partition, partitions))
  return problem(place, `There is no partition ${quote(partition)}.${meant}`, 'Write arn:aws:...')
}

function service({ service }: Fields, place: Place): Answer {
  if (!isPlain(service) || knownServices.has(service)) return undefined
  if (service !== service.toLowerCase()) {
    const message = `${quote(service)} is not in lower case: ARNs are compared letter by letter.`
    return problem(place, message, `Write ${service.toLowerCase()}, if the service does.`)
  }
  const meant = service === '' ? undefined : nearest(service, knownServices)
  if (service !== '' && (meant === undefined || service.length < 3)) return undefined
  const message = `${quote(service)} is none of AWS's services.${didYouMean(meant)}`
  return problem(place, message, 'If it is a service of your own, all is well.')
}

function region({ service, region }: Fields, place: Place): Answer {
  const blank = blankFields.get(service)
  if (blank?.region && region !== '' && region !== '*') {
    return problem(place, `ARNs of ${service} have no region.`, `Leave it empty: arn:aws:${service}::...`)
  }
  if (blank !== undefined && !blank.region && region === '') {
    const message = `ARNs of ${service} have a region.`
    return problem(place, message, 'Write the region, or * for any.')
  }
  return undefined
}

function account({ service, account, resource }: Fields, place: Place): Answer {
  const blank = blankFields.get(service)
  if (blank?.account) {
    if (account === '' || account === '*') return undefined
    return problem(place, `ARNs of ${service} have no account.`, 'Leave the field empty.')
  }
  const ofAws = account === 'aws' && service === 'iam' && resource.startsWith('policy/')
  const mayBeEmpty = blank === undefined && account === ''
  if (mayBeEmpty || ofAws || !isPlain(account) || /^\d{12}$/.test(account)) return undefined
  const message =
    account === '' ? 'The account is missing.' : `${quote(account)} is no account: they have 12 digits.`
  return problem(place, message, 'Write the 12 digits of the account.')
}

/** Of Rolecall's services: what the resource begins with says what it is. */
function resource({ service, resource }: Fields, place: Place): Answer {
  const types = resourceTypes.get(service)
  if (types === undefined) return undefined
  const plain = resource.split(/[*?]|\$\{/, 1)[0] ?? ''
  // A wildcard or a variable within the first word may still mean one of them.
  const isOpen = plain.length < resource.length
  if (types.some(type => resource.startsWith(type) || (isOpen && type.startsWith(plain)))) return undefined
  const word = /^[^/:]*[/:]?/.exec(resource)?.[0] ?? ''
  const message = `${service} has no resources like ${quote(resource)}.${didYouMean(nearest(word, types))}`
  return problem(place, message, `They begin with ${types.join(', ')}.`)
}
