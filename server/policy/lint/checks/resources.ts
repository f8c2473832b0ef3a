import { isRolecallService } from '../catalogue/actions.ts'
import { actionsWithoutResource, knownServices, resourceServices } from '../catalogue/services.ts'
import { type Answer, type CheckTable, eachResource, inStatements, type Problem, problem } from '../check.ts'
import type { JsonText } from '../text/json-node.ts'
import { quote } from '../text/quote.ts'
import { arnFields, isPlain } from '../view/arn-fields.ts'
import type { StatementView } from '../view/policy-view.ts'

/** Whether actions and resources fit together. */
export const resourceChecks = {
  'resource-of-other-service': { level: 'warning', find: eachResource(otherService) },
  'action-needs-star': { level: 'warning', find: inStatements(needsStar) },
} satisfies CheckTable

/** Of services whose ARNs are known: none of the actions is ever about this. */
function otherService({ value, ...place }: JsonText, { actions, resources }: StatementView): Answer {
  const of = arnFields(value)[2]
  if (
    actions === undefined ||
    actions.negated ||
    resources?.negated ||
    !isPlain(of) ||
    actions.texts.length === 0
  ) {
    return undefined
  }
  const services = [...new Set(actions.texts.map(serviceOf))]
  if (services.some(service => mayBeAbout(service, of))) return undefined
  const message = `Actions of ${services.join(', ')} are never about a resource of ${of}.`
  return problem(
    place,
    message,
    'Name a resource of the actions’ own service, or move it to a statement of its own.',
  )
}

function serviceOf({ value }: JsonText): string {
  return value.split(':', 1)[0]?.toLowerCase() ?? ''
}

function mayBeAbout(service: string, resourceService: string): boolean {
  if (service === '*' || service === resourceService) return true
  const own = resourceServices.get(service)
  if (own !== undefined) return own.includes(resourceService)
  // Another of AWS's services may well be about roles; one of the operator's own has resources of its own.
  return knownServices.has(service) || !isRolecallService(resourceService)
}

/** An Allow on an ARN never allows what has no resource. */
function* needsStar({ effect, actions, resources }: StatementView): Iterable<Problem> {
  if (effect !== 'Allow' || actions === undefined || actions.negated) return
  if (resources === undefined || resources.negated || resources.texts.length === 0) return
  if (resources.texts.some(({ value }) => value.startsWith('*'))) return
  for (const { value, ...place } of actions.texts) {
    if (!actionsWithoutResource.has(value.toLowerCase())) continue
    const message = `${quote(value)} is about no resource: on an ARN it is never allowed.`
    yield problem(place, message, 'Allow it on "*", in a statement of its own.')
  }
}
