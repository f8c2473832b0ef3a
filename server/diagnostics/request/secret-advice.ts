import type { ReasonOf } from '../../base/refusal.ts'

/** For the operator: what a refusal means, and what to change where it should not have been one. */
export type Advice = { means: string; change: string }

/** Of the secrets that users store. */
export const secretAdvice = {
  'secret.state': {
    means: 'The secret is marked for deletion, or its versions and stages are not as the request supposes.',
    change: 'Look at it with DescribeSecret; RestoreSecret takes the mark away.',
  },
  'secret.notDecryptable': {
    means:
      'The value was not sealed for this secret under a master key that is here, or the key service refused to unwrap its key.',
    change:
      'Bring back the master key that it was sealed under (npm run rolecall -- keys names it), or let us use the key in the key service again. If that is here, the row was tampered with: restore it.',
  },
  'secret.notEncryptable': {
    means: 'The key service refused to wrap the key of a new value.',
    change:
      'Enable the key, and allow us kms:Encrypt and kms:Decrypt with it; the detail says what was answered.',
  },
  'secret.keyServiceDown': {
    means: 'The key service that wraps the keys of values did not answer.',
    change:
      'See that it can be reached from here; the detail says how it failed. Clients try again by themselves.',
  },
  'secret.nextToken': {
    means: 'The token is none that this list gave out: it is another list’s, or in another order.',
    change: 'Ask for the first page, and repeat the same request with each token that comes.',
  },
  'secret.publicPolicy': {
    means: 'The policy would open the secret to everybody, and BlockPublicPolicy forbids that.',
    change: 'Name the principals, or narrow the statement by a condition.',
  },
  'secret.rotatorUnknown': {
    means: 'The RotationLambdaARN names neither a rotator that is built in nor one that is registered.',
    change: 'Look at ListRotators; PutRotator registers a webhook under a name.',
  },
} satisfies Record<ReasonOf<'secret'>, Advice>
