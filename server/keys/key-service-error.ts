/** Why a key service elsewhere did not do what it was asked. */
export class KeyServiceError extends Error {
  /** `down`: it may work in a moment. `refused`: it will not, until somebody changes something. */
  readonly kind: 'down' | 'refused'
  /** What the service, or the way to it, calls the failure. */
  readonly code: string

  /** @param what was asked. For the log, as all of it: none of it holds a key. */
  constructor(kind: KeyServiceError['kind'], what: string, code: string) {
    super(`${what}: ${code}`)
    this.name = 'KeyServiceError'
    this.kind = kind
    this.code = code
  }
}
