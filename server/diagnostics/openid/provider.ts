/** An OpenID provider, however it came to be known here. */
export type OpenIdProvider = {
  /** As tokens must name it. */
  issuer: string
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
  clientSecret: string
  /** Where the secret is set. */
  secretSetting: string
  redirectUri: string
  scope: string
  /** By configuration; else discovery says so. */
  authorizationUrl?: string | undefined
  tokenUrl?: string | undefined
  /** On our own service, from where a browser is sent there. */
  signInPath: string
}
