import { actionsOf } from '../catalogue/actions.ts'
import { knownServices } from '../catalogue/services.ts'
import { type Answer, type CheckTable, eachAction, problem } from '../check.ts'
import type { JsonText } from '../text/json-node.ts'
import { didYouMean, nearest } from '../text/nearest.ts'
import { quote } from '../text/quote.ts'
import { covers, newEffort, type Token, tokensOf } from '../view/glob.ts'

/** Names of actions. Of an operator's own service, only the prefix is looked at. */
export const actionChecks = {
  'action-unknown': { level: 'warning', find: eachAction(unknownAction) },
  'action-service-near': { level: 'suggestion', find: eachAction(serviceNear) },
  'action-spelling': { level: 'suggestion', find: eachAction(otherSpelling) },
} satisfies CheckTable

type Parts = { service: string; name: string; names: readonly string[] | undefined }

function partsOf(action: string): Parts | undefined {
  const [, service = '', name = ''] = /^([A-Za-z0-9-]+):([A-Za-z0-9*?_.-]+)$/.exec(action) ?? []
  return name === '' ? undefined : { service, name, names: actionsOf(service.toLowerCase()) }
}

type Known = { tokens: readonly Token[][]; publishedAs: ReadonlyMap<string, string> }
const known = new WeakMap<readonly string[], Known>()

/** Once for each service: a long list must not have them read for each of its actions. */
function readAll(names: readonly string[]): Known {
  const read = known.get(names) ?? {
    tokens: names.map(name => tokensOf(name.toLowerCase(), false)),
    publishedAs: new Map(names.map(name => [name.toLowerCase(), name])),
  }
  known.set(names, read)
  return read
}

function unknownAction({ value, ...place }: JsonText): Answer {
  const parts = partsOf(value)
  if (parts?.names === undefined) return undefined
  const { service, name, names } = parts
  const pattern = tokensOf(name.toLowerCase(), false)
  const effort = newEffort()
  if (readAll(names).tokens.some(one => covers(pattern, one, effort))) return undefined
  const isPattern = /[*?]/.test(name)
  const meant = isPattern ? undefined : nearest(name, names)
  const what = isPattern
    ? `No action of ${service} is like ${quote(name)}`
    : `${service} has no action ${quote(name)}`
  const message = `${what}.${didYouMean(meant && `${service.toLowerCase()}:${meant}`)}`
  return problem(
    place,
    message,
    'Write the name of an action that there is: as it stands, it matches nothing.',
  )
}

/** The operator's own services are welcome; a slip of the finger is not one of them. */
function serviceNear({ value, ...place }: JsonText): Answer {
  const service = partsOf(value)?.service.toLowerCase()
  if (service === undefined || knownServices.has(service)) return undefined
  const meant = nearest(service, knownServices)
  if (meant === undefined || service.length < 3) return undefined
  const message = `${quote(service)} is none of AWS's services.${didYouMean(meant)}`
  return problem(place, message, 'If it is a service of your own, all is well.')
}

/** Actions match in any case; people who search for one do not. */
function otherSpelling({ value, ...place }: JsonText): Answer {
  const parts = partsOf(value)
  if (parts?.names === undefined) return undefined
  const name = readAll(parts.names).publishedAs.get(parts.name.toLowerCase())
  if (name === undefined) return undefined
  const published = `${parts.service.toLowerCase()}:${name}`
  if (published === value) return undefined
  return problem(
    place,
    `The action is published as ${published}.`,
    'Write it like that, so that a search finds it.',
  )
}
