import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { newEnforcer, newModelFromString } from 'casbin'
import { decide } from '../../server/policy/decide/decide.ts'
import { parsePolicy } from '../../server/policy/parse-policy.ts'
import type { PolicyRequest } from '../../server/policy/request.ts'
import { type Ask, allActions, arnHead, type Rule, roleArn, sessionArn } from './policy-workload.ts'

/** An engine that holds one policy set and the requests, both in its own form, made before time is taken. */
export type Contender = { name: string; allows(ask: number): boolean }

export function policyText(rules: readonly Rule[]): string {
  const statements = rules.map(({ effect, actions, path, condition }) => ({
    Effect: effect,
    Action: actions,
    Resource: arnHead + path,
    ...(condition && {
      Condition: {
        StringEquals: { 'aws:PrincipalTag/team': condition.team },
        IpAddress: { 'aws:SourceIp': condition.block },
      },
    }),
  }))
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

export function policyRequests(asks: readonly Ask[]): PolicyRequest[] {
  return asks.map(({ action, path, team, username, sourceIp }) => ({
    principal: { kind: 'session', accountId: '123456789012', arn: sessionArn, roleArn },
    action,
    resource: arnHead + path,
    context: new Map([
      ['aws:principaltag/team', [team]],
      ['aws:sourceip', [sourceIp]],
      ['aws:username', [username]],
    ]),
  }))
}

export function createRolecall(rules: readonly Rule[], asks: readonly Ask[]): Contender {
  const policies = { identity: [parsePolicy(policyText(rules), 'identity')] }
  const requests = policyRequests(asks)
  return {
    name: 'rolecall',
    allows(ask) {
      const request = requests[ask]
      return request !== undefined && decide(policies, request).outcome === 'allowed'
    },
  }
}

/**
 * Cedar keeps the parsed policies on its side. All that a policy asks about is in the context: a resource
 * with attributes or parents would cost each call more. Its `like` has no variables, so that the segment a
 * variable stands for is an attribute of its own.
 */
export function createCedar(rules: readonly Rule[], asks: readonly Ask[]): Contender {
  const preparsedPolicySetId = `${rules.length} ${rules[0]?.path}`
  const answer = preparsePolicySet(preparsedPolicySetId, {
    staticPolicies: rules.map(cedarPolicy).join('\n'),
  })
  if (answer.type === 'failure') throw new Error(answer.errors[0]?.message)
  const needsMore = rules.some(({ condition }) => condition !== undefined)
  const calls = asks.map(({ action, path, team, username, sourceIp }) => {
    const [, owner = '', ...rest] = path.split('/')
    const more = { team, username, sourceIp: { __extn: { fn: 'ip', arg: sourceIp } } }
    return {
      preparsedPolicySetId,
      principal: { type: 'Role', id: 'reader' },
      action: { type: 'Action', id: action },
      resource: { type: 'Note', id: 'note' },
      context: { arn: arnHead + path, ...(needsMore && { ...more, owner, rest: rest.join('/') }) },
      entities: [],
    }
  })
  return {
    name: 'cedar',
    allows(ask) {
      const call = calls[ask]
      const found = call && statefulIsAuthorized(call)
      if (found?.type !== 'success') throw new Error('Cedar failed to decide')
      return found.response.decision === 'allow'
    },
  }
}

function cedarPolicy({ effect, actions, path, condition }: Rule): string {
  const means = allActions.filter(action => actions.some(pattern => expressionOf(pattern).test(action)))
  const among = means.map(action => `Action::"${action}"`).join(', ')
  const [before = '', after] = path.split('${aws:username}/')
  const when =
    after === undefined
      ? [`context.arn like "${arnHead}${path}"`]
      : [
          `context.arn like "${arnHead}${before}*"`,
          'context.owner == context.username',
          `context.rest like "${after}"`,
        ]
  // The condition that fails for most policies comes first.
  if (condition !== undefined) {
    when.unshift(`context.team == "${condition.team}"`)
    when.push(`context.sourceIp.isInRange(ip("${condition.block}"))`)
  }
  const verb = effect === 'Allow' ? 'permit' : 'forbid'
  return `${verb}(principal, action in [${among}], resource) when { ${when.join(' && ')} };`
}

/**
 * casbin looks at its rules one by one. One function of our own for a whole rule is faster than its own
 * functions joined by `&&`, which it interprets anew for each rule; what can be compiled is compiled once.
 * Denials come first, since it stops at one.
 */
export async function createCasbin(rules: readonly Rule[], asks: readonly Ask[]): Promise<Contender> {
  const enforcer = await newEnforcer(newModelFromString(casbinModel))
  await enforcer.addFunction('covers', covers)
  const denialsFirst = rules.toSorted(({ effect }, other) => (effect < other.effect ? 1 : -1))
  await enforcer.addPolicies(
    denialsFirst.map(({ effect, actions, path, condition }) => [
      actions.join('|'),
      path,
      condition?.team ?? '',
      condition?.block ?? '',
      effect === 'Allow' ? 'allow' : 'deny',
    ]),
  )
  return { name: 'casbin', allows: ask => enforcer.enforceSync(asks[ask]) }
}

const casbinModel = `
[request_definition]
r = ask
[policy_definition]
p = actions, path, team, block, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = covers(r.ask, p.actions, p.path, p.team, p.block)
`

function covers(ask: Ask, actions: string, path: string, team: string, block: string): boolean {
  if (team !== '' && team !== ask.team) return false
  if (!matches(ask.path, path, ask.username) || !matches(ask.action, actions, '')) return false
  return block === '' || isInBlock(ask.sourceIp, block)
}

type Compiled = { expression: RegExp; before?: string }
const compiled = new Map<string, Compiled>()

function matches(text: string, pattern: string, username: string): boolean {
  let known = compiled.get(pattern)
  if (known === undefined) {
    const [before = '', after] = pattern.split('${aws:username}')
    known =
      after === undefined
        ? { expression: expressionOf(pattern) }
        : { before, expression: expressionOf(after) }
    compiled.set(pattern, known)
  }
  if (known.before === undefined) return known.expression.test(text)
  const start = known.before + username
  return text.startsWith(start) && known.expression.test(text.slice(start.length))
}

/** Of a pattern in which `*` is any text and `|` stands between two. */
function expressionOf(pattern: string): RegExp {
  const source = pattern.replace(/[.+?^${}()[\]\\]/g, '\\$&').replaceAll('*', '.*')
  return new RegExp(`^(?:${source})$`, 's')
}

const blocks = new Map<string, { base: number; shift: number }>()

function isInBlock(address: string, text: string): boolean {
  let block = blocks.get(text)
  if (block === undefined) {
    const [base = '', bits] = text.split('/')
    block = { base: readIpv4(base), shift: 32 - Number(bits) }
    blocks.set(text, block)
  }
  return (readIpv4(address) ^ block.base) >>> block.shift === 0
}

function readIpv4(text: string): number {
  let [address, part] = [0, 0]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code !== 0x2e) part = part * 10 + code - 0x30
    else {
      address = (address << 8) | part
      part = 0
    }
  }
  return (address << 8) | part
}
