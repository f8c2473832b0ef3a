/** An ARN's five fields after `arn:`. The resource may itself hold colons and slashes. */
export type Arn = { partition: string; service: string; region: string; accountId: string; resource: string }

/** Splits `arn:partition:service:region:account:resource`; undefined when it is not one. */
export function parseArn(text: string): Arn | undefined {
  const [head, partition, service, region, accountId, ...rest] = text.split(':')
  if (head !== 'arn' || !partition || !service || rest.length === 0) return undefined
  const resource = rest.join(':')
  if (resource === '') return undefined
  return { partition, service, region: region ?? '', accountId: accountId ?? '', resource }
}

export type EntityKind = 'role' | 'policy' | 'user' | 'group'

/**
 * The path (`/` or `/a/b/`) and name of an ARN such as `...:role/a/b/NAME`; undefined for other kinds. IAM knows
 * no region: with one, the same entity would have a second spelling that no policy on the first one meets.
 */
export function entityOf(arn: Arn, kind: EntityKind): { path: string; name: string } | undefined {
  if (arn.service !== 'iam' || arn.region !== '' || !arn.resource.startsWith(`${kind}/`)) return undefined
  const from = kind.length
  const at = arn.resource.lastIndexOf('/')
  const [path, name] = [arn.resource.slice(from, at + 1), arn.resource.slice(at + 1)]
  return pathPattern.test(path) && namePattern.test(name) ? { path, name } : undefined
}

/** What a name can't hold names nothing, and is not worth asking a database that may choke on it. */
const namePattern = /^[\w+=,.@-]{1,128}$/
const pathPattern = /^\/(?:[\x21-\x7e]+\/)?$/

/** `path` begins and ends with a slash, as IAM keeps it. */
export function roleArn(accountId: string, path: string, name: string): string {
  return `arn:aws:iam::${accountId}:role${path}${name}`
}

/** Of a role that a setting names: `reader`, `team/reader`, or its ARN itself. */
export function arnOfRoleNamed(text: string, accountId: string): string {
  if (text.startsWith('arn:')) return text
  const at = text.lastIndexOf('/')
  return roleArn(accountId, at < 0 ? '/' : `/${text.slice(0, at)}/`, text.slice(at + 1))
}

export function userArn(accountId: string, path: string, name: string): string {
  return `arn:aws:iam::${accountId}:user${path}${name}`
}

export function groupArn(accountId: string, path: string, name: string): string {
  return `arn:aws:iam::${accountId}:group${path}${name}`
}

export function mfaArn(accountId: string, path: string, name: string): string {
  return `arn:aws:iam::${accountId}:mfa${path}${name}`
}

export function federatedUserArn(accountId: string, name: string): string {
  return `arn:aws:sts::${accountId}:federated-user/${name}`
}

/** In the place of an account's number, whose policies they are that ship with the service. */
export const shippedAccount = 'aws'

export function policyArn(accountId: string, path: string, name: string): string {
  return `arn:aws:iam::${accountId}:policy${path}${name}`
}

/** One that ships with the service has the same ARN in every account. */
export function arnOfPolicy(
  { path, name, shipped }: { path: string; name: string; shipped: boolean },
  accountId: string,
): string {
  return policyArn(shipped ? shippedAccount : accountId, path, name)
}

/** The policy of this account, or of those that ship with the service, that an ARN names. */
export function readPolicyArn(
  text: string,
  accountId: string,
): { path: string; name: string; shipped: boolean } | undefined {
  const arn = parseArn(text)
  if (arn === undefined || arn.partition !== 'aws') return undefined
  const shipped = arn.accountId === shippedAccount
  if (!shipped && arn.accountId !== accountId) return undefined
  const named = entityOf(arn, 'policy')
  return named && { ...named, shipped }
}

/** `urlPath` is the issuer without its scheme: `gitlab.example/group`. */
export function oidcProviderArn(accountId: string, urlPath: string): string {
  return `arn:aws:iam::${accountId}:oidc-provider/${urlPath}`
}

export function samlProviderArn(accountId: string, name: string): string {
  return `arn:aws:iam::${accountId}:saml-provider/${name}`
}

/** The name in such an ARN of this account; undefined for anything else. */
export function samlProviderName(arn: string, accountId: string): string | undefined {
  const name = arn.slice(samlProviderArn(accountId, '').length)
  // A provider has one ARN: another account's, or one with a region, is that of none.
  return /^[\w._-]{1,128}$/.test(name) && arn === samlProviderArn(accountId, name) ? name : undefined
}

/** Rolecall's own: a directory that people log in to with a password. */
export function ldapProviderArn(accountId: string, name: string): string {
  return `arn:aws:iam::${accountId}:ldap-provider/${name}`
}

/** Rolecall's own: of whoever asks, without a proof. */
export function guestProviderArn(accountId: string): string {
  return `arn:aws:iam::${accountId}:guest-provider/guest`
}

/** Of somebody with linked ways in: Rolecall's own, AWS has no such kind. */
export function personArn(accountId: string, personId: string): string {
  return `arn:aws:iam::${accountId}:person/${personId}`
}

/** The region in pools' ARNs and ids: there is one, by the name that clients take without being told. */
export const region = 'us-east-1'

/** @param id the secret's name, a dash and six characters */
export function secretArn(accountId: string, id: string): string {
  return `arn:aws:secretsmanager:${region}:${accountId}:secret:${id}`
}

/** By which a rotator goes on the wire, as if it were a Lambda function. */
export function functionArn(accountId: string, name: string): string {
  return `arn:aws:lambda:${region}:${accountId}:function:${name}`
}

/** The name in such an ARN of this account; undefined for anything else. */
export function functionName(arn: string, accountId: string): string | undefined {
  const name = arn.slice(functionArn(accountId, '').length)
  return /^[\w-]{1,64}$/.test(name) && arn === functionArn(accountId, name) ? name : undefined
}

/** Rolecall's own: how a database's users are made on request. */
export function databaseRoleArn(accountId: string, name: string): string {
  return `arn:aws:secretsmanager:${region}:${accountId}:database-role:${name}`
}

export function identityPoolArn(accountId: string, poolId: string): string {
  return `arn:aws:cognito-identity:${region}:${accountId}:identitypool/${poolId}`
}

/** The pool's id in such an ARN of this account; undefined for anything else. */
export function identityPoolId(arn: string, accountId: string): string | undefined {
  const id = arn.slice(identityPoolArn(accountId, '').length)
  return /^[\w-]+:[0-9a-f-]+$/.test(id) && arn === identityPoolArn(accountId, id) ? id : undefined
}

/** The role's path is left out here, as AWS does. */
export function assumedRoleArn(accountId: string, roleName: string, sessionName: string): string {
  return `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`
}

export function rootArn(accountId: string): string {
  return `arn:aws:iam::${accountId}:root`
}
