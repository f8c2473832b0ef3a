import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { allow } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { faultIn, resultIn } from '../support/post-form.ts'
import { type Keys, startRolecall } from '../support/rolecall.ts'
import { postSigned } from '../support/signed-form.ts'

const rolecall = await startRolecall()
const ask = (PolicyDocument: string, PolicyKind = 'Resource', keys?: Keys) =>
  postSigned(
    rolecall,
    'iam',
    { Action: 'LintPolicy', Version: '2010-05-08', PolicyDocument, PolicyKind },
    keys,
  )
const findingsOf = async (document: string, kind?: string): Promise<Record<string, unknown>[]> => {
  const answer = resultIn('LintPolicy', await ask(document, kind))
  return [Object(answer.Findings).member ?? []].flat()
}
const open = `{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Principal": "*",
    "Action": "secretsmanager:GetSecretValu",
    "Resource": "*"
  }]
}`

describe('LintPolicy', () => {
  test('tells of each finding its level, its place, what is wrong and what to do', async () => {
    const found = await findingsOf(open)
    const levels = new Map(found.map(one => [one.Code, [one.Level, one.Line]]))
    assert.deepEqual(levels.get('resource-public'), ['Security', '5'])
    for (const { Level, Code, Path, Line, Column, Message, Fix } of found) {
      assert.match(String(Level), /^(?:Error|Security|Warning|Suggestion)$/)
      assert.match(`${Line}:${Column}`, /^[1-9]\d*:[1-9]\d*$/)
      for (const said of [Code, Path, Message, Fix]) assert.ok(String(said).length > 0, String(Code))
    }
    assert.ok(found.some(one => one.Line === '6' && String(one.Message).includes('GetSecretValu')))
  })

  test('finds nothing in a document that is sound, and says where one breaks off', async () => {
    const sound = open.replace('"*",\n    "Action"', '{"AWS": "123456789012"},\n    "Action"')
    assert.deepEqual(await findingsOf(sound.replace('Valu"', 'Value"')), [])
    const [broken] = await findingsOf('{\n  "Version": ')
    assert.deepEqual([broken?.Level, broken?.Line], ['Error', '2'])
  })

  test('reads a document as what it is for', async () => {
    const codes = async (kind: string) => (await findingsOf(open, kind)).map(one => one.Level)
    assert.ok((await codes('Identity')).includes('Error'))
    assert.ok(!(await codes('Resource')).includes('Error'))
  })

  for (const [story, document, kind] of [
    ['no document', '', 'Resource'],
    ['a kind that there is not', open, 'resource'],
    ['a monstrous document', 'x'.repeat(131_073), 'Resource'],
  ] as const) {
    test(`refuses ${story}`, async () => {
      const { code, status } = faultIn(await ask(document, kind))
      assert.deepEqual([code, status], ['ValidationError', 400])
    })
  }

  test('is for those alone who may do it', async () => {
    const { user } = entitiesOf(rolecall)
    const other = await user('other', [{ Effect: 'Allow', NotAction: 'iam:LintPolicy', Resource: '*' }])
    const { code, message } = faultIn(await ask(open, 'Resource', other))
    assert.equal(code, 'AccessDenied')
    assert.match(message, /perform: iam:LintPolicy on resource: \* because/)
    const linter = await user('linter', [allow('iam:LintPolicy')])
    assert.equal((await ask(open, 'Resource', linter)).status, 200)
  })
})
