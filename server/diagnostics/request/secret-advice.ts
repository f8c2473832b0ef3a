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
    means: 'The value was not sealed for this secret under a master key that is here.',
    change:
      'Bring back the master key that it was sealed under. If that is here, the row was tampered with: restore it.',
  },
  'secret.nextToken': {
    means: 'The token is none that this list gave out: it is another list’s, or in another order.',
    change: 'Ask for the first page, and repeat the same request with each token that comes.',
  },
  'secret.publicPolicy': {
    means: 'The policy would open the secret to everybody, and BlockPublicPolicy forbids that.',
    change: 'Name the principals, or narrow the statement by a condition.',
  },
} satisfies Record<ReasonOf<'secret'>, Advice>
