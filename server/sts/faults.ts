import { type AllFaults, browserFaults, commonFaults, trailFaults } from '../aws/faults.ts'
import { federationFaults } from '../aws/federation-faults.ts'

/** Every refusal in the Security Token Service's words. It keeps no catalogue of its own. */
export const stsFaults = {
  ...commonFaults,
  ...browserFaults,
  ...trailFaults,
  ...federationFaults,
  'entity.missing': ['ValidationError', 400, ({ message }) => message ?? 'There is no such entity'],
  'entity.exists': ['ValidationError', 400, 'It already exists'],
  'entity.changed': ['ValidationError', 400, 'It was changed at the same time'],
  'entity.inUse': ['ValidationError', 400, 'It is in use'],
  'entity.limit': ['ValidationError', 400, 'A limit is reached'],
  'entity.invalid': ['ValidationError', 400, ({ message }) => message ?? 'It is not valid'],
} satisfies AllFaults
