import { randomBytes } from 'node:crypto'

type Fault = readonly [code: number, type: string, message: string, subcode?: number]

/**
 * What Graph answers when it does not do as asked. Its numbers are what clients go by; the sentences
 * are worded as Graph's for those that people search the web for.
 * @see Meta for Developers, "Handling Errors" of the Graph API
 */
const faults = {
  missingClientId: [101, 'OAuthException', 'Missing client_id parameter.'],
  unknownApp: [101, 'OAuthException', 'Error validating application. Invalid application ID.'],
  wrongSecret: [1, 'OAuthException', 'Error validating client secret.'],
  missingCode: [100, 'OAuthException', 'Missing authorization code'],
  wrongGrantType: [100, 'OAuthException', 'Invalid grant_type. Supported types: authorization_code'],
  unknownCode: [100, 'OAuthException', 'Invalid verification code format.'],
  usedCode: [100, 'OAuthException', 'This authorization code has been used.', 36009],
  expiredCode: [100, 'OAuthException', 'This authorization code has expired.', 36007],
  wrongRedirect: [
    100,
    'OAuthException',
    'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
    36008,
  ],
  wrongVerifier: [100, 'OAuthException', 'Invalid code verifier. Code verifier should match code challenge'],
  noToken: [
    2500,
    'OAuthException',
    'An active access token must be used to query information about the current user.',
  ],
  unknownToken: [190, 'OAuthException', 'Invalid OAuth access token - Cannot parse access token'],
  expiredToken: [190, 'OAuthException', 'Error validating access token: Session has expired.', 463],
  foreignToken: [100, 'OAuthException', 'The App_id in the input_token did not match the Viewing App'],
  missingProof: [
    100,
    'GraphMethodException',
    'API calls from the server require an appsecret_proof argument',
  ],
  wrongProof: [100, 'GraphMethodException', 'Invalid appsecret_proof provided in the API argument'],
  notAppToken: [
    100,
    'OAuthException',
    '(#100) You must provide an app access token, or a user access token that is an owner or developer of the app',
  ],
  missingInputToken: [100, 'OAuthException', '(#100) The parameter input_token is required'],
  unreadable: [100, 'OAuthException', '(#100) Invalid parameter'],
  unknownPath: [2500, 'OAuthException', 'Unknown path components'],
} satisfies Record<string, Fault>

export type FaultName = keyof typeof faults

/** An expected no of the Graph stand-in, on its own wire. */
export class GraphFault extends Error {
  readonly fault: FaultName

  constructor(fault: FaultName) {
    super(faults[fault][2])
    this.name = 'GraphFault'
    this.fault = fault
  }
}

/** The body of an answer with status 400. */
export function faultBody(fault: FaultName): object {
  const [code, type, message, subcode]: Fault = faults[fault]
  const trace = randomBytes(8).toString('base64url')
  return {
    error: {
      message,
      type,
      code,
      ...(subcode === undefined ? {} : { error_subcode: subcode }),
      fbtrace_id: trace,
    },
  }
}

/** The shorter form in which `debug_token` says what is wrong with the token it looked at. */
export function tokenError(fault: FaultName): object {
  const [code, , message, subcode]: Fault = faults[fault]
  return { code, message, ...(subcode === undefined ? {} : { subcode }) }
}
