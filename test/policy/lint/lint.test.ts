import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lint } from '../../../server/policy/lint/lint.ts'
import { allow, documentOf, find } from './find.ts'

/** `code path line:column` of each finding. */
function tell(document: string): string[] {
  return lint(document, 'identity').map(({ code, path, line, column }) => `${code} ${path} ${line}:${column}`)
}

describe('a finding', () => {
  test('says where it stands: path, line and column of the very value', () => {
    const document = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["iam:GetRole", "iam:GetRoles"],
      "Resource": "*",
      "Condition": {
        "ForAnyValue:StringEquals": { "aws:TagKeys": ["a", "b", "a"] }
      }
    }
  ]
}`
    assert.deepEqual(tell(document), [
      'action-unknown Statement[0].Action[1] 6:33',
      'value-redundant Statement[0].Condition["ForAnyValue:StringEquals"]["aws:TagKeys"][2] 9:65',
    ])
  })

  test('has the path that the text has: a single statement is no list', () => {
    const document =
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetRoles","Resource":"*"}}'
    assert.deepEqual(tell(document), ['action-unknown Statement.Action 1:64'])
  })

  for (const [story, end] of [
    ['a line feed', '\n'],
    ['a carriage return and a line feed', '\r\n'],
    ['a carriage return alone', '\r'],
  ] as const) {
    test(`counts lines that end with ${story}`, () => {
      const document = ['{"Version":"2012-10-17",', '"Statement": [', '', '  7]}'].join(end)
      assert.deepEqual(tell(document), ['statement-not-object Statement[0] 4:3'])
    })
  }

  test('counts columns as editors do: in UTF-16 units', () => {
    const document = '{"Version":"2012-10-17","Id":"🎻","Statement":[7]}'
    assert.ok(tell(document).includes('statement-not-object Statement[0] 1:48'))
  })

  test('tells what is wrong and what to do, in sentences', () => {
    const [finding] = find('action-unknown', 'identity', allow({ Action: 'iam:GetRoles' }))
    assert.equal(finding?.message, 'iam has no action "GetRoles". Did you mean iam:GetRole?')
    assert.match(finding?.fix ?? '', /^[A-Z].*\.$/)
  })

  test('never quotes more than a line of the document', () => {
    const [finding] = find('action-unknown', 'identity', allow({ Action: `iam:${'x'.repeat(5_000)}` }))
    assert.ok((finding?.message.length ?? 999) < 200)
  })
})

describe('the list of findings', () => {
  test('is whole at once: whatever is wrong in a document is told together, in the order of the text', () => {
    const document = `{
  "Version": "2012-10-18",
  "Statement": [
    { "effect": "Allow", "Action": "GetRole", "Resource": "note" },
    { "Sid": "a b", "Effect": "allow", "Principal": "*", "Action": [], "Resource": "*", },
    { "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": { "Bool": { "aws:SecureTransport": "no" }, "Is": { "a:b": 1 } } }
  ]
}`
    const errors = lint(document, 'identity').filter(({ level }) => level === 'error')
    assert.deepEqual(
      errors.map(({ code, line }) => `${line} ${code}`),
      [
        ...['2 version-invalid', '4 effect-missing', '4 element-unknown', '4 action-form', '4 resource-form'],
        ...['5 sid-invalid', '5 effect-invalid', '5 principal-prohibited', '5 list-empty', '5 json-syntax'],
        ...['6 bool-value', '6 operator-unknown'],
      ],
    )
  })

  test('is empty for a policy in which all is well', () => {
    assert.deepEqual(lint(documentOf(allow({ Action: ['iam:Get*', 'iam:List*'] })), 'identity'), [])
  })

  test('holds at most a hundred findings of one code, and of each code what comes first', () => {
    const actions = Array.from({ length: 300 }, (_, n) => `iam:Nothing${n}`)
    const found = find('action-unknown', 'identity', allow({ Action: actions }))
    assert.equal(found.length, 100)
    assert.equal(found.at(-1)?.path, 'Statement.Action[99]')
  })
})
