/** An OpenID provider, however it came to be known here. */
export type OpenIdProvider = {
  /** As tokens must name it. */
  issuer: string
  /** Where its tokens may name several: each tenant is an issuer of its own. */
  tokenIssuers?: readonly string[] | undefined
  /** What its metadata must name, where that is something else. */
  metadataIssuer?: string | undefined
  /** In the place of discovery. */
  fixedMetadata?: Readonly<Record<string, unknown>> | undefined
  clientIds: readonly string[]
  /** Where its keys are, where that is configured; else discovery says so. */
  jwksUri?: string | undefined
  /** How to have us know it under another issuer. */
  adviceFor(issuer: string): string
  /** Where people sign in with it in the browser. */
  browser?: BrowserClient | undefined
}

/** Us, as a client that is registered there. */
export type BrowserClient = {
  clientId: string
  /** One that is made for each call may fail to be. */
  clientSecret(): string | undefined
  /** Where the secret is set. */
  secretSetting: string
  redirectUri: string
  scope: string
  /** By configuration always `post`; else as discovery says. */
  secretGoes?: 'post' | undefined
  /** Whether a provider is refused that announces other methods than S256. */
  needsS256: boolean
  /** By configuration; else discovery says so. */
  authorizationUrl?: string | undefined
  tokenUrl?: string | undefined
  /** On our own service, from where a browser is sent there. */
  signInPath: string
}
