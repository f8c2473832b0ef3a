import { bindAction } from '../aws/action.ts'
import type { JsonService } from '../aws/json-protocol.ts'
import { trailFaults } from './faults.ts'
import { lookupEvents, type TrailDeps } from './lookup-events.ts'

export function createTrailService(deps: TrailDeps): JsonService {
  return {
    name: 'cloudtrail',
    target: 'CloudTrail_20131101',
    actions: new Map([['LookupEvents', bindAction(lookupEvents, deps)]]),
    faults: trailFaults,
  }
}
