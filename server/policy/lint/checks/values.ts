import ipaddr from 'ipaddr.js'
import { dateOperators } from '../../operators/date.ts'
import { type Answer, type CheckTable, eachCondition, eachValue, problem } from '../check.ts'
import { quote } from '../text/quote.ts'
import { hasWildcard } from '../view/glob.ts'
import type { ConditionView, PolicyView, StatementView, ValueView } from '../view/policy-view.ts'

/** Values that conditions compare with: they can be read, and yet mean something else. */
export const valueChecks = {
  'values-empty': { level: 'warning', find: eachCondition(noValues) },
  'wildcard-as-text': { level: 'warning', find: eachValue(wildcardAsText) },
  'value-anything': { level: 'suggestion', find: eachValue(anything) },
  'value-never-occurs': { level: 'warning', find: eachValue(neverOccurs) },
  'address-host-bits': { level: 'suggestion', find: eachValue(hostBits) },
  'address-private': { level: 'suggestion', find: eachValue(privateAddress) },
  'address-anywhere': { level: 'warning', find: eachValue(anywhere) },
  'date-as-seconds': { level: 'suggestion', find: eachValue(dateAsSeconds) },
  'date-past': { level: 'warning', find: eachValue(pastDate) },
} satisfies CheckTable

function noValues({ operator, values, writtenKey, ...place }: ConditionView): Answer {
  if (values.length > 0) return undefined
  const when = operator.negated ? 'always holds' : 'holds for no request that has the key'
  const message = `${writtenKey} is compared with nothing: that ${when}.`
  return problem(place, message, 'Name the values, or ask with Null whether the key is there.')
}

function wildcardAsText(
  { value, ...place }: ValueView,
  { operator }: ConditionView,
  _: StatementView,
  { version }: PolicyView,
): Answer {
  if (!/^String(?:Not)?Equals/.test(operator.name) || !hasWildcard(value, version === '2012-10-17'))
    return undefined
  const like = operator.written.replace(/Equals(?:IgnoreCase)?/, 'Like')
  const message = `${operator.written} compares ${quote(value)} letter by letter: its wildcards are plain characters.`
  return problem(place, message, `Write ${like}, or \${*} and \${?} if the characters are meant.`)
}

function anything({ value, ...place }: ValueView, { operator, writtenKey }: ConditionView): Answer {
  const isLike = operator.family === 'Arn' || /^String(?:Not)?Like$/.test(operator.name)
  if (!isLike || !/^\*+$/.test(value)) return undefined
  const message = 'This is any value.'
  const isThere = operator.negated ? 'true' : 'false'
  return problem(
    place,
    message,
    `To ask whether the key is there, write "Null": {"${writtenKey}": "${isThere}"}.`,
  )
}

type ValueForm = readonly [form: RegExp, words: string]

const accountId: ValueForm = [/^\d{12}$/, 'an account of 12 digits']

/** What the values of some keys look like. */
const formsOfValues: ReadonlyMap<string, ValueForm> = new Map<string, ValueForm>([
  ['aws:principalaccount', accountId],
  ['aws:resourceaccount', accountId],
  ['aws:sourceaccount', accountId],
  [
    'aws:principaltype',
    [
      /^(?:Account|User|FederatedUser|AssumedRole|Anonymous)$/,
      'Account, User, FederatedUser, AssumedRole or Anonymous',
    ],
  ],
  ['aws:principalorgid', [/^o-[a-z0-9]{10,32}$/, 'an organization such as o-a1b2c3d4e5']],
  ['aws:sourcevpc', [/^vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, 'a VPC such as vpc-0123456789abcdef0']],
  [
    'aws:sourcevpce',
    [/^vpce-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, 'a VPC endpoint such as vpce-0123456789abcdef0'],
  ],
  ['sts:rolesessionname', [/^[\w+=,.@-]{2,64}$/, 'a session name: 2 to 64 letters, digits and _+=,.@-']],
  ['graph.facebook.com:app_id', [/^\d{1,20}$/, "an app's number"]],
  ['graph.facebook.com:id', [/^\d{1,20}$/, "a person's number"]],
  [
    'www.amazon.com:app_id',
    [/^amzn1\.application\.[\w-]+$/, "an app's id, such as amzn1.application.0123abc, not its client id"],
  ],
  ['www.amazon.com:user_id', [/^amzn1\.account\.[\w-]+$/, "a person's id, such as amzn1.account.ABC123"]],
])

function neverOccurs({ value, ...place }: ValueView, { key, operator, writtenKey }: ConditionView): Answer {
  const [form, words] = formsOfValues.get(key) ?? []
  if (form === undefined || operator.family !== 'String' || /[*?]|\$\{/.test(value)) return undefined
  const ignoresCase = operator.name.endsWith('IgnoreCase')
  if ((ignoresCase ? new RegExp(form, 'i') : form).test(value)) return undefined
  return problem(place, `${writtenKey} is never ${quote(value)}.`, `Write ${words}.`)
}

function blockOf(
  value: string,
  { operator }: ConditionView,
): [ipaddr.IPv4 | ipaddr.IPv6, number] | undefined {
  if (operator.family !== 'IpAddress' || !value.includes('/')) return undefined
  return ipaddr.isValidCIDR(value) ? ipaddr.parseCIDR(value) : undefined
}

function hostBits({ value, ...place }: ValueView, condition: ConditionView): Answer {
  const block = blockOf(value, condition)
  if (block === undefined) return undefined
  const [address, bits] = block
  const parser = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6
  const network = parser.networkAddressFromCIDR(value).toString()
  if (network === address.toString()) return undefined
  const message = `${quote(value)} stands for the whole block; what its address has behind bit ${bits} does not count.`
  return problem(
    place,
    message,
    `Write ${network}/${bits}, or the address without /${bits} if it alone is meant.`,
  )
}

const privateRanges = new Set(['private', 'uniqueLocal', 'loopback', 'linkLocal'])

/** On AWS it would never match; a service of one's own may well be reached from within. */
function privateAddress(
  { value, ...place }: ValueView,
  { key, operator, writtenKey }: ConditionView,
): Answer {
  const address = value.split('/', 1)[0] ?? ''
  if (key !== 'aws:sourceip' || operator.family !== 'IpAddress' || !ipaddr.isValid(address)) return undefined
  if (!privateRanges.has(ipaddr.parse(address).range())) return undefined
  const message = `${quote(value)} is private: ${writtenKey} is the address that the request comes from, as this server sees it.`
  return problem(place, message, 'Keep it only if requests do come from within; on AWS it would match none.')
}

function anywhere({ value, ...place }: ValueView, { operator }: ConditionView): Answer {
  if (operator.family !== 'IpAddress' || !/\/0+$/.test(value)) return undefined
  return problem(
    place,
    `${quote(value)} is every address.`,
    'Name the addresses that are meant, or leave the condition out.',
  )
}

function dateAsSeconds({ value, ...place }: ValueView, { operator, key }: ConditionView): Answer {
  if (operator.family !== 'Date' || key === 'aws:epochtime' || !/^\d+(?:\.\d+)?$/.test(value))
    return undefined
  // A year alone is four digits, and is read as seconds.
  const message = `${quote(value)} is read as seconds since 1970.`
  return problem(place, message, 'Write a date such as 2030-01-31T12:00:00Z.')
}

const clocks = new Set(['aws:currenttime', 'aws:epochtime'])

/** What once changed its answer, and never will again. */
function pastDate(
  { value, ...place }: ValueView,
  { key, operator }: ConditionView,
  _: StatementView,
  { options }: PolicyView,
): Answer {
  const { nowMs } = options
  if (
    nowMs === undefined ||
    !clocks.has(key) ||
    (operator.family !== 'Date' && operator.family !== 'Numeric')
  )
    return undefined
  const now = String(Math.floor(nowMs / 1000))
  const isPast = dateOperators.DateGreaterThan.compile(value, { variables: false })?.fits(now, new Map())
  if (!isPast) return undefined
  const always = operator.name.includes('GreaterThan') || operator.negated
  const message = `${quote(value)} has passed: the condition ${always ? 'always holds' : 'never holds again'}.`
  return problem(
    place,
    message,
    always ? 'Take the condition out.' : 'Take the statement out, or write a later date.',
  )
}
