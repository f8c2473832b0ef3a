import { type AllFaults, browserFaults, commonFaults, trailFaults } from '../aws/faults.ts'
import { federationFaults } from '../aws/federation-faults.ts'
import { jsonFaults } from '../aws/json-faults.ts'

/**
 * Every refusal in Secrets Manager's words.
 * @see AWS Secrets Manager API reference, the Errors of each action
 */
export const secretsFaults = {
  ...commonFaults,
  ...browserFaults,
  ...trailFaults,
  ...federationFaults,
  ...jsonFaults,
  'request.invalid': ['ValidationException', 400, ({ message }) => message ?? 'The request is not valid'],
  'request.throttled': ['ThrottlingException', 400, 'Rate exceeded'],
  'policy.malformed': [
    'MalformedPolicyDocumentException',
    400,
    ({ message }) => message ?? 'This resource policy contains a syntax error.',
  ],
  'tags.invalid': ['InvalidParameterException', 400, ({ message }) => message ?? 'The tags are not valid'],
  'entity.missing': [
    'ResourceNotFoundException',
    400,
    ({ message }) => message ?? "Secrets Manager can't find the specified secret.",
  ],
  'entity.exists': [
    'ResourceExistsException',
    400,
    ({ message, name }) =>
      message ?? `The operation failed because the secret ${name ?? ''} already exists.`.replace('  ', ' '),
  ],
  // With a status that clients try again after.
  'entity.changed': ['InternalServiceError', 500, 'The secret was changed at the same time; try again.'],
  'entity.inUse': ['InvalidRequestException', 400, 'The secret is in use.'],
  'entity.limit': ['LimitExceededException', 400, ({ message }) => message ?? 'A limit is reached.'],
  'entity.invalid': [
    'InvalidParameterException',
    400,
    ({ message }) => message ?? 'A parameter is not valid.',
  ],
  'secret.state': [
    'InvalidRequestException',
    400,
    ({ message }) =>
      message ?? "You can't perform this operation on the secret because it was marked for deletion.",
  ],
  'secret.notDecryptable': [
    'DecryptionFailure',
    400,
    "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
  ],
  'secret.notEncryptable': [
    'EncryptionFailure',
    400,
    "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is available, enabled, and not in an invalid state.",
  ],
  // With a status that clients try again after.
  'secret.keyServiceDown': ['InternalServiceError', 500, 'The key service does not answer; try again.'],
  'secret.nextToken': ['InvalidNextTokenException', 400, 'The NextToken value is invalid.'],
  'secret.publicPolicy': [
    'PublicPolicyException',
    400,
    'The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad access to the secret.',
  ],
  // AWS's words for a function that is not there, or does not let it in.
  'secret.rotatorUnknown': [
    'AccessDeniedException',
    400,
    'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
  ],
} satisfies AllFaults
