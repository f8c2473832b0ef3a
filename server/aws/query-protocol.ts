import { Refusal, type Said } from '../base/refusal.ts'
import type { BoundAction, Result } from './action.ts'
import type { AllFaults, Fault } from './faults.ts'
import type { Form } from './params.ts'
import { escapeXml, renderXml } from './xml.ts'

/** A service as the Query protocol addresses it. */
export type QueryService = {
  /** As in the credential scope: `sts`. */
  name: string
  /** `2011-06-15` */
  version: string
  xmlNamespace: string
  actions: ReadonlyMap<string, BoundAction>
  faults: AllFaults
}

/**
 * Which action of which service a form asks for. Action and Version together say it: names such as
 * `GetUser` may stand in two services.
 *
 * @throws {Refusal} request.missingAction | request.unknownAction | request.unknownVersion
 */
export function findQueryAction(
  services: readonly QueryService[],
  form: Form,
): { service: QueryService; action: BoundAction } {
  const name = form.get('Action')
  const version = form.get('Version')
  if (name === undefined) {
    throw new Refusal('request.missingAction')
  }
  const service = services.find(one => one.version === version)
  if (service === undefined) {
    const message = `Could not find a service of version ${short(version)}`
    throw new Refusal('request.unknownVersion', { said: { message } })
  }
  const action = service.actions.get(name)
  if (action === undefined) {
    const message = `Could not find operation ${short(name)} for version ${version}`
    throw new Refusal('request.unknownAction', { said: { message } })
  }
  return { service, action }
}

export function renderResult(
  service: QueryService,
  action: string,
  result: Result,
  requestId: string,
): string {
  const members = renderXml(result)
  // An action without a result has no result element at all.
  const body = members === '' ? '' : `<${action}Result>${members}</${action}Result>`
  return `<${action}Response xmlns="${service.xmlNamespace}">${body}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`
}

export function renderFault(xmlNamespace: string, fault: Fault, said: Said, requestId: string): string {
  const [code, status, message] = fault
  const type = status >= 500 ? 'Receiver' : 'Sender'
  const words = escapeXml(typeof message === 'string' ? message : message(said))
  return `<ErrorResponse xmlns="${xmlNamespace}"><Error><Type>${type}</Type><Code>${code}</Code><Message>${words}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`
}

function short(text: string | undefined): string {
  return String(text).slice(0, 100)
}
