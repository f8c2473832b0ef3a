/** Ends an import: what is true of this request is true of the next ones. */
export function concernsAll(error: unknown): boolean {
  if (!(error instanceof Error)) return true
  // Without an answer's status nobody answered: no credentials, no connection.
  return statusOf(error) === undefined || credentialCodes.test(error.name)
}

const credentialCodes =
  /^(?:UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|ExpiredToken|MissingAuthenticationToken|IncompleteSignature|InvalidAccessKeyId)/

export function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'ResourceNotFoundException'
}

export function isDenied(error: unknown): boolean {
  return error instanceof Error && error.name === 'AccessDeniedException'
}

/** In the service's words; no request is in them. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { name, message } = error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : name
  return message === '' || code === message ? code : `${code}: ${message}`
}

function statusOf(error: Error): number | undefined {
  if (!('$metadata' in error)) return undefined
  return (error.$metadata as { httpStatusCode?: number }).httpStatusCode
}
