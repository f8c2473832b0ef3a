import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Statement } from '../../../server/policy/language/statement.ts'
import { ResourceHashes, StatementIndex } from '../../../server/policy/match/statement-index.ts'
import { parsePolicy } from '../../../server/policy/parse-policy.ts'

const head = 'arn:aws:notes:::'

function statementsOf(statements: readonly object[]): readonly Statement[] {
  const list = statements.map(one => ({
    Effect: 'Allow',
    ...('NotResource' in one ? {} : { Resource: '*' }),
    ...one,
  }))
  return parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: list }), 'identity').statements
}

function indexOf(...statements: readonly object[]): StatementIndex {
  return new StatementIndex(statementsOf(statements))
}

function look(index: StatementIndex, action: string, resource = `${head}x`): number[] {
  const hashes = new ResourceHashes()
  hashes.useResource(resource)
  const found: Statement[] = []
  const count = index.lookUp(action, hashes, found)
  return found.slice(0, count).map(statement => statement.index)
}

const many = Array.from({ length: 500 }, (_, n) => n)

describe('an index of statements', () => {
  test('finds those whose actions fit, in any case, and no other', () => {
    const index = indexOf(
      { Action: 'notes:Read' },
      { Action: 'notes:*' },
      { Action: 'notes:Write' },
      { Action: '*' },
    )
    assert.deepEqual(look(index, 'notes:Read').sort(), [0, 1, 3])
    assert.deepEqual(look(index, 'NOTES:write').sort(), [1, 2, 3])
    assert.deepEqual(look(index, 'files:Read'), [3])
    // Asked again, it is remembered.
    assert.deepEqual(look(index, 'notes:Read').sort(), [0, 1, 3])
  })

  test('finds those whose NotAction leaves the action in', () => {
    const index = indexOf(
      { NotAction: 'notes:Read' },
      { NotAction: ['notes:Write', 'files:*'] },
      { NotAction: 'files:Any' },
    )
    assert.deepEqual(look(index, 'notes:Read').sort(), [1, 2])
    assert.deepEqual(look(index, 'notes:Write').sort(), [0, 2])
    assert.deepEqual(look(index, 'files:Any'), [0])
  })

  test('tells five hundred resources of one action apart', () => {
    const index = indexOf(...many.map(n => ({ Action: 'notes:Read', Resource: `${head}shelf-${n}/*` })))
    assert.deepEqual(look(index, 'notes:Read', `${head}shelf-77/book`), [77])
    assert.deepEqual(look(index, 'notes:Read', `${head}shelf-500/book`), [])
  })

  test('tells five hundred actions on one resource apart', () => {
    const index = indexOf(...many.map(n => ({ Action: `notes:Do${n}` })))
    assert.deepEqual(look(index, 'notes:Do77'), [77])
    assert.deepEqual(look(index, 'notes:Do500'), [])
  })

  test('finds a statement with many actions and many resources, each in many others', () => {
    const some = Array.from({ length: 20 }, (_, n) => n)
    const index = indexOf({
      Action: some.map(n => `notes:Do${n}`),
      Resource: some.map(n => `${head}shelf-${n}/*`),
    })
    assert.ok(look(index, 'notes:Do7', `${head}shelf-3/x`).includes(0))
    assert.deepEqual(look(index, 'notes:Do20', `${head}shelf-3/x`), [])
  })

  test('files a statement of too many pairs by its actions alone, and one of fewer by its resources too', () => {
    const pairs = (actions: number, resources: number) =>
      indexOf({
        Action: Array.from({ length: actions }, (_, n) => `notes:Do${n}`),
        Resource: Array.from({ length: resources }, (_, n) => `${head}shelf-${n}/*`),
      })
    assert.deepEqual(look(pairs(16, 16), 'notes:Do7', `${head}other`), [])
    assert.deepEqual(look(pairs(16, 17), 'notes:Do7', `${head}other`), [0])
    assert.deepEqual(look(pairs(1, 256), 'notes:Do0', `${head}other`), [])
  })

  test('finds one with NotResource whatever the resource', () => {
    const index = indexOf(...many.map(n => ({ Action: 'notes:Read', NotResource: `${head}shelf-${n}/*` })))
    assert.equal(look(index, 'notes:Read').length, 500)
  })

  test('looks at the last field of an ARN, and at nothing of what is no ARN', () => {
    const index = indexOf(...many.map(n => ({ Action: 'notes:Read', Resource: `${head}shelf-${n}/*` })), {
      Action: 'notes:Read',
    })
    assert.deepEqual(look(index, 'notes:Read', 'arn:aws:shelf-77:::x'), [500])
    assert.deepEqual(look(index, 'notes:Read', '*'), [500])
    assert.deepEqual(look(index, 'notes:Read', 'shelf-77/x'), [500])
  })

  test('remembers actions by the thousand and answers right after all of them', () => {
    const index = indexOf(...many.map(n => ({ Action: `notes:Do${n}` })), { Action: 'notes:*' })
    for (let n = 0; n < 3_000; n++) assert.ok(look(index, `notes:Do${n}`).length <= 2)
    assert.deepEqual(
      look(index, 'notes:Do7').sort((a, b) => a - b),
      [7, 500],
    )
  })

  test('shows a few statements that an action fits, whatever their resources', () => {
    const index = indexOf(...many.map(n => ({ Action: 'notes:Read', Resource: `${head}shelf-${n}/*` })), {
      Action: 'notes:Write',
    })
    assert.deepEqual(
      index.sample('notes:Read').map(({ index: n }) => n),
      many.slice(0, 16),
    )
    assert.deepEqual(
      index.sample('notes:Write').map(({ index: n }) => n),
      [500],
    )
    assert.deepEqual(index.sample('files:Read'), [])
    assert.equal(index.statements.length, 501)
  })
})
