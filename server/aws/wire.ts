import type { Said } from '../base/refusal.ts'
import type { Result } from './action.ts'
import type { Fault } from './faults.ts'
import { type JsonService, renderJsonFault, renderJsonResult } from './json-protocol.ts'
import { type QueryService, renderFault, renderResult } from './query-protocol.ts'

export type AwsService = QueryService | JsonService

/** How a service's answers look. */
export type Wire = {
  contentType: string
  result(action: string, result: Result, requestId: string): string
  fault(fault: Fault, said: Said, requestId: string): string
  /** Where clients look for a fault's code before they read the body. */
  faultHeaders(fault: Fault): Record<string, string>
}

export function wireOf(service: AwsService): Wire {
  return 'xmlNamespace' in service ? queryWire(service) : jsonWire(service)
}

function queryWire(service: QueryService): Wire {
  return {
    contentType: 'text/xml',
    result: (action, result, requestId) => renderResult(service, action, result, requestId),
    fault: (fault, said, requestId) => renderFault(service.xmlNamespace, fault, said, requestId),
    faultHeaders: () => ({}),
  }
}

function jsonWire({ saysMessageTwice }: JsonService): Wire {
  return {
    contentType: 'application/x-amz-json-1.1',
    result: (_action, result) => renderJsonResult(result),
    fault: (fault, said) => renderJsonFault(fault, said, saysMessageTwice),
    faultHeaders: ([code]) => ({ 'x-amzn-errortype': code }),
  }
}
