import { issuerOf, webProviders } from '../catalogue/issuers.ts'
import { knownServices } from '../catalogue/services.ts'
import { type Answer, type CheckTable, eachPrincipal, eachStatement, problem } from '../check.ts'
import type { JsonText } from '../text/json-node.ts'
import { didYouMean, nearest } from '../text/nearest.ts'
import { quote } from '../text/quote.ts'
import { arnFields } from '../view/arn-fields.ts'
import { narrows } from '../view/match-statement.ts'
import type { ConditionView, PolicyView, PrincipalName, StatementView } from '../view/policy-view.ts'

/** Whom the policy of a resource or of a role names. @see AWS IAM User Guide, "AWS JSON policy elements: Principal" */
export const principalChecks = {
  'resource-public': { level: 'security', find: eachStatement(publicResource) },
  'principal-arn': { level: 'warning', find: eachPrincipal(arnOfNobody) },
  'principal-unique-id': { level: 'warning', find: eachPrincipal(uniqueId) },
  'principal-service': { level: 'warning', find: eachPrincipal(strangeService) },
  'principal-federated': { level: 'warning', find: eachPrincipal(strangeProvider) },
  'principal-canonical-user': { level: 'warning', find: eachPrincipal(strangeCanonicalUser) },
} satisfies CheckTable

function publicResource(statement: StatementView, { kind }: PolicyView): Answer {
  const { effect, principals } = statement
  const everyone = principals?.everyone
  if (kind !== 'resource' || effect !== 'Allow' || everyone === undefined || principals?.negated)
    return undefined
  if (saysWho(statement)) return undefined
  const message = 'Everybody may do this, strangers too.'
  return problem(
    everyone,
    message,
    'Name the principals, or add a condition on who they are, such as aws:PrincipalArn.',
  )
}

const keysOfWho =
  /^aws:(?:principal(?:arn|account|orgid|orgpaths|tag\/.+)|userid|username|federatedprovider|source(?:ip|vpc|vpce|vpcarn|arn|account|orgid|orgpaths))$/

/** Whether a condition narrows who may be meant by everybody. */
export function saysWho(statement: StatementView): boolean {
  return statement.conditions.some(condition => isAboutWho(condition) && narrows(condition, statement))
}

/** Claims of an issuer's people have its host in their name. */
function isAboutWho({ key }: ConditionView): boolean {
  return (
    key === 'rolecall:person' ||
    keysOfWho.test(key) ||
    /^[^:]+\.[^:]+.*:(?!aud$|oaud$|app_id$|amr$)[^:]+$/.test(key)
  )
}

const uniqueIdForm = /^A(?:RO|ID|GP|NP|SI|KI)A[A-Z0-9]{12,}$/

/** Users and roles, their sessions, and whole accounts are named here. */
function arnOfNobody({ type, text }: PrincipalName): Answer {
  const { value } = text
  if (type !== 'AWS' || /[*?]/.test(value) || uniqueIdForm.test(value)) return undefined
  const wrong = /^\d+$/.test(value) || value === '' ? wrongAccount(value) : wrongArn(value)
  if (wrong === undefined) return undefined
  return problem(
    text,
    `${quote(value)} is no principal. ${wrong}`,
    'Write an account, or the ARN of a user or a role.',
  )
}

function wrongAccount(account: string): string | undefined {
  return account === '' || /^\d{12}$/.test(account) ? undefined : 'An account has 12 digits.'
}

const namesInArns: Readonly<Record<string, RegExp>> = {
  iam: /^(?:root|self|(?:user|role)\/.+)$/,
  sts: /^(?:assumed-role\/[^/]+\/[^/]+|federated-user\/[^/]+|self)$/,
}

function wrongArn(arn: string): string | undefined {
  const [prefix, partition, service = '', region, account = '', resource] = arnFields(arn)
  if (prefix !== 'arn' || resource === undefined) return 'It is no whole ARN: arn:aws:iam::ACCOUNT:role/NAME.'
  if (partition !== 'aws') return `Rolecall's principals are of the partition aws.`
  const form = namesInArns[service]
  if (form === undefined)
    return `Principals are named by iam or sts.${didYouMean(nearest(service, ['iam', 'sts']))}`
  if (region !== '') return `ARNs of ${service} have no region.`
  if (!/^\d{12}$/.test(account)) return 'An account has 12 digits.'
  if (form.test(resource)) return undefined
  if (/^group\//.test(resource)) return 'A group is not a principal: name its users.'
  const kinds = ['user/', 'role/', 'assumed-role/', 'federated-user/', 'root']
  return `It names neither a user nor a role.${didYouMean(nearest(/^[^/]*\/?/.exec(resource)?.[0] ?? '', kinds))}`
}

function uniqueId({ type, text }: PrincipalName): Answer {
  if (type !== 'AWS' || !uniqueIdForm.test(text.value)) return undefined
  const message = `${quote(text.value)} is the id of a user or a role, which nobody can read.`
  return problem(text, message, 'Write the ARN. An id stays behind in policies when its owner was deleted.')
}

const serviceForm = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/

/** @see AWS IAM User Guide, "AWS service principals" */
function strangeService({ type, text }: PrincipalName): Answer {
  const { value } = text
  if (type !== 'Service') return undefined
  const fix = 'Write SERVICE.amazonaws.com, in lower case.'
  if (!serviceForm.test(value)) {
    const service = value.toLowerCase().split('.', 1)[0] ?? ''
    const meant = knownServices.has(service) ? `${service}.amazonaws.com` : undefined
    return problem(text, `${quote(value)} is no name of a service.${didYouMean(meant)}`, fix)
  }
  const label = value.split('.', 1)[0] ?? ''
  const meant = servicesOnly.has(label) ? undefined : nearest(label, knownServices)
  if (meant === undefined || knownServices.has(label) || label.length < 3) return undefined
  return problem(text, `There is no service ${quote(label)}.${didYouMean(`${meant}.amazonaws.com`)}`, fix)
}

/** Names that services have here and nowhere else. */
const servicesOnly = new Set([
  'ecs-tasks',
  'edgelambda',
  'ops',
  'spot',
  'spotfleet',
  'vpc-flow-logs',
  'delivery',
  'monitoring',
  'email',
  'replicator',
  'ssm-incidents',
  'states',
  'ops-center',
])

function strangeProvider({ type, text }: PrincipalName): Answer {
  const { value } = text
  if (type !== 'Federated' || /[*?]/.test(value)) return undefined
  const isArn =
    /^arn:aws:iam::\d{12}:(?:(?:oidc|saml|ldap)-provider\/.+|guest-provider\/guest|person\/PERSON[A-Z2-7]+)$/.test(
      value,
    )
  if (isArn || webProviders.some(name => name === value)) return undefined
  const account = arnFields(value)[4] ?? ''
  if (account !== '' && !/^\d{12}$/.test(account)) {
    const wrong = `${quote(account)} in ${quote(value)} is no account: they have 12 digits.`
    return problem(text, wrong, 'Write the 12 digits of the account.')
  }
  const meant = isUrl(value) ? value.replace(/^https?:\/\//, '') : nearest(value, webProviders)
  const name = webProviders.find(one => one === meant)
  const hint = didYouMean(name ?? meantArn(text))
  const message = `${quote(value)} is no identity provider that a policy can name.${hint}`
  return problem(text, message, `Write ${webProviders[0]}, or arn:aws:iam::ACCOUNT:oidc-provider/HOST.`)
}

function isUrl(value: string): boolean {
  return /^https?:\/\//.test(value)
}

function meantArn({ value }: JsonText): string | undefined {
  const issuer = value.startsWith('arn:') ? issuerOf(value) : undefined
  return issuer === undefined ? undefined : `arn:aws:iam::ACCOUNT:oidc-provider/${issuer}`
}

function strangeCanonicalUser({ type, text }: PrincipalName): Answer {
  if (type !== 'CanonicalUser' || /^[0-9a-f]{64}$/.test(text.value)) return undefined
  return problem(text, 'A canonical user is 64 hexadecimal digits.', 'Name the account in AWS instead.')
}
