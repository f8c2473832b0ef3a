import { type AllFaults, browserFaults, commonFaults, trailFaults } from '../aws/faults.ts'
import { federationFaults } from '../aws/federation-faults.ts'

/**
 * Every refusal in Identity and Access Management's words.
 * @see AWS IAM API reference, the Errors of each action
 */
export const iamFaults = {
  ...commonFaults,
  ...browserFaults,
  ...trailFaults,
  ...federationFaults,

  'entity.missing': ['NoSuchEntity', 404, ({ message }) => message ?? 'There is no such entity'],
  'entity.exists': [
    'EntityAlreadyExists',
    409,
    ({ kind, name }) => {
      if (kind === 'Policy') return `A policy called ${name} already exists. Duplicate names are not allowed.`
      if (kind === 'Login Profile') return `Login Profile for user ${name} already exists.`
      return `${kind} with ${kind === 'Provider' ? 'url' : 'name'} ${name} already exists.`
    },
  ],
  'entity.changed': ['ConcurrentModification', 409, 'It was changed at the same time. Try again.'],
  'entity.inUse': [
    'DeleteConflict',
    409,
    ({ message }) => message ?? 'Cannot delete entity, must remove referenced objects first.',
  ],
  'entity.limit': ['LimitExceeded', 409, ({ message }) => message ?? 'A quota is exceeded'],
  'entity.invalid': ['InvalidInput', 400, ({ message }) => message ?? 'The input is not valid'],
} satisfies AllFaults
