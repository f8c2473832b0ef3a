import { type Answer, type CheckTable, eachStatement, once, type Problem, problem } from '../check.ts'
import { type JsonMember, memberOf, type Place } from '../text/json-node.ts'
import { didYouMean, nearest } from '../text/nearest.ts'
import { quote } from '../text/quote.ts'
import type { PolicyView, StatementView } from '../view/policy-view.ts'
import { statementsOf } from '../view/view-policy.ts'

const documentElements = ['Version', 'Id', 'Statement']
const pairs = ['Principal', 'Action', 'Resource']
const statementElements = ['Sid', 'Effect', ...pairs.flatMap(name => [name, `Not${name}`]), 'Condition']

/** @see AWS IAM User Guide, "Grammar of the IAM JSON policy language" */
export const elementChecks = {
  'element-unknown': { level: 'error', find: unknownElements },
  'element-pair': { level: 'error', find: elementPairs },
  'version-invalid': { level: 'error', find: once(invalidVersion) },
  'id-not-text': { level: 'error', find: once(idNotText) },
  'statement-missing': { level: 'error', find: once(missingStatement) },
  'statement-not-object': { level: 'error', find: statementsNotObjects },
  'effect-missing': { level: 'error', find: eachStatement(missingEffect) },
  'effect-invalid': { level: 'error', find: eachStatement(invalidEffect) },
  'sid-invalid': { level: 'error', find: eachStatement(invalidSid) },
  'sid-duplicate': { level: 'error', find: duplicateSids },
} satisfies CheckTable

/** Names of elements count in their case. */
function* unknownElements({ root, statements }: PolicyView): Iterable<Problem> {
  if (root === undefined) return
  for (const member of root.members) {
    if (!documentElements.includes(member.name)) yield unknownElement(member, 'a policy', documentElements)
  }
  for (const { node } of statements) {
    for (const member of node.members) {
      if (!statementElements.includes(member.name)) {
        yield unknownElement(member, 'a statement', statementElements)
      }
    }
  }
}

function unknownElement(member: JsonMember, of: string, elements: readonly string[]): Problem {
  const meant = didYouMean(nearest(member.name, elements))
  const message = `${quote(member.name)} is not an element of ${of}.${meant}`
  return problem(member, message, `Use one of ${elements.join(', ')}.`)
}

function* elementPairs({ statements }: PolicyView): Iterable<Problem> {
  for (const { node } of statements) {
    for (const name of pairs) {
      const not = memberOf(node, `Not${name}`)
      if (not === undefined || memberOf(node, name) === undefined) continue
      yield problem(not, `The statement has both ${name} and Not${name}.`, 'Keep one of them.')
    }
  }
}

function invalidVersion({ root }: PolicyView): Answer {
  const version = root && memberOf(root, 'Version')
  if (version === undefined) return undefined
  const { value } = version
  if (value.type === 'text' && ['2012-10-17', '2008-10-17'].includes(value.value)) return undefined
  const message = 'There is no such version of the policy language. It is not the date of the document.'
  return problem(value, message, 'Write "2012-10-17".')
}

function idNotText({ root }: PolicyView): Answer {
  const id = root && memberOf(root, 'Id')?.value
  if (id === undefined || id.type === 'text') return undefined
  return problem(id, 'Id must be a text.', 'Put it in quotes, or leave it out.')
}

function missingStatement({ root }: PolicyView): Answer {
  if (root === undefined || statementsOf(root).length > 0) return undefined
  const place: Place = memberOf(root, 'Statement') ?? root
  return problem(place, 'The policy has no statement.', 'Add a Statement with at least one statement.')
}

function* statementsNotObjects({ root }: PolicyView): Iterable<Problem> {
  for (const node of statementsOf(root)) {
    if (node.type !== 'object')
      yield problem(node, 'A statement must be an object.', 'Write it within { and }.')
  }
}

function missingEffect({ node }: StatementView): Answer {
  if (memberOf(node, 'Effect') !== undefined) return undefined
  return problem(node, 'The statement has no Effect.', 'Add "Effect": "Allow" or "Effect": "Deny".')
}

function invalidEffect({ node, effect }: StatementView): Answer {
  const given = memberOf(node, 'Effect')?.value
  if (given === undefined || effect !== undefined) return undefined
  const meant = given.type === 'text' ? didYouMean(nearest(given.value, ['Allow', 'Deny'])) : ''
  return problem(given, `Effect must be "Allow" or "Deny", in this case.${meant}`, 'Write "Allow" or "Deny".')
}

function invalidSid({ node }: StatementView, { kind }: PolicyView): Answer {
  const given = memberOf(node, 'Sid')?.value
  if (given === undefined) return undefined
  const allowed = kind === 'resource' ? /^[\x20-\x7e]*$/ : /^[A-Za-z0-9]*$/
  if (given.type === 'text' && allowed.test(given.value)) return undefined
  const of = kind === 'resource' ? 'printable ASCII characters' : 'the letters A-Z and a-z and digits'
  return problem(given, `A Sid is a text of ${of}.`, 'Leave out all other characters, spaces too.')
}

function* duplicateSids({ statements }: PolicyView): Iterable<Problem> {
  const seen = new Set<string>()
  for (const { sid } of statements) {
    if (sid === undefined) continue
    if (seen.has(sid.value)) {
      yield problem(sid, `Another statement has the Sid ${quote(sid.value)} too.`, 'Give each its own.')
    }
    seen.add(sid.value)
  }
}
