/** Policy variables, and where they act. */
import { describe, test } from 'node:test'
import { allow, type Row, requireFound } from '../find.ts'

const condition = (operator: string, key: string, value: unknown = 'x', name = 'notes:Read') =>
  allow({ Action: name, Condition: { [operator]: { [key]: value } } })

describe('variables', () => {
  const value = (text: string) => condition('StringEquals', 'aws:userid', text)
  const rows: readonly Row[] = [
    ['the characters that stand for themselves', 'variable-form', value('${*}${?}${$}'), false],
    ['nothing', 'variable-form', value('${}'), true],
    ['spaces', 'variable-form', value('${  }'), true],
    ['a space within the key', 'variable-form', value('${aws: username}'), true],
    ['a tag whose name has a space', 'variable-form', value('${aws:PrincipalTag/cost center}'), false],
    ['a default', 'variable-form', value("${aws:username, 'nobody at all'}"), false],
    ['a default in double quotes', 'variable-form', value('${aws:username, "nobody"}'), true],
    ['a key that is written wrong', 'variable-key-unknown', value('${aws:usernam}'), 'aws:username'],
    ['a key without its service', 'variable-key-unknown', value('${username}'), 'aws:username'],
    ['a tag without its name', 'variable-key-unknown', value('${aws:PrincipalTag}'), true],
    ['a claim of some issuer', 'variable-key-unknown', value('${id.example.com:sub}'), false],
    ['one that is closed and one that is not', 'variable-unclosed', value('${aws:username}${aws'), true],
    ['a brace that opens none', 'variable-unclosed', value('{aws:username'), false],
    [
      'a number compared with one',
      'variable-misplaced',
      condition('StringEquals', 'aws:userid', '${aws:userid}'),
      false,
    ],
    ['a Sid', 'variable-misplaced', { Sid: '${x}' }, true],
    [
      'the resource of an ARN in a condition',
      'variable-misplaced',
      condition('ArnLike', 'aws:SourceArn', 'arn:aws:iam::123456789012:user/${aws:username}'),
      false,
    ],
    [
      'the account of an ARN in a condition',
      'variable-misplaced',
      condition('ArnLike', 'aws:SourceArn', 'arn:aws:iam::${aws:PrincipalAccount}:user/x'),
      true,
    ],
  ]
  for (const row of rows) test(`${row[0]}: ${row[1]} ${row[3]}`, () => requireFound('identity', row))
})
