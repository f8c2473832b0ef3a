/** The index that finds statements finds what looking at each of thousands of them finds. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { matchesPatterns, matchesRequest, type Statement } from '../../server/policy/language/statement.ts'
import { ResourceHashes, StatementIndex } from '../../server/policy/match/statement-index.ts'
import { parsePolicy } from '../../server/policy/parse-policy.ts'
import type { PolicyRequest } from '../../server/policy/request.ts'
import { compareWithReference } from './compare-with-reference.ts'
import { randomRequest, statementOf } from './random-policies.ts'
import type { Statement as WrittenStatement } from './vectors.ts'

const account = '111122223333'
const actions = ['notes:Read', 'notes:Re*', 'notes:*', 'notes:Write', '*', 'files:Read']

/** Patterns as they are in large accounts: alike but for a name somewhere, with and without wildcards. */
function namedLike(n: number): WrittenStatement {
  const name = `project-${n % 700}`
  const rest = [
    `note/${name}`,
    `note/${name}/*`,
    `note/*/${name}`,
    `*${n % 30}`,
    `note/common/long/way/*/${n % 50}?x`,
    `note/\${u}/${name}/*`,
    `note/${name}?/*/end`,
    `note/common/long/way/${n % 40}/*`,
  ][n % 8]
  const resource = `arn:aws:notes:${n % 3 === 0 ? '*' : 'eu-1'}:${account}:${rest}`
  return {
    Effect: n % 5 === 0 ? 'Deny' : 'Allow',
    ...(n % 41 === 0 ? { NotAction: 'files:*' } : { Action: actions[n % actions.length] }),
    ...(n % 97 === 0 ? { NotResource: resource } : { Resource: resource }),
  }
}

/** Requests that meet some of them. */
function requestLike(n: number): PolicyRequest {
  const name = `project-${(n * 7) % 710}`
  const rest = [
    `note/${name}`,
    `note/${name}/a/b`,
    `note/ab/${name}/x`,
    `note/common/long/way/7/${n % 60}ax`,
    `note/${name}7/a/end`,
    `note/x/y/${name}`,
    `note/common/long/way/${n % 60}/a`,
    `${n % 35}`,
  ][n % 8]
  return {
    principal: { kind: 'user', accountId: account, arn: `arn:aws:iam::${account}:user/ada` },
    action: ['notes:Read', 'NOTES:Write', 'files:Read', 'notes:Remove'][n % 4] ?? '',
    resource: n % 50 === 0 ? '*' : `arn:aws:notes:eu-1:${account}:${rest}`,
    context: new Map([['u', ['ab']]]),
  }
}

const named = Array.from({ length: 3000 }, (_, n) => namedLike(n))
const random = fc.sample(statementOf('identity'), { seed: 20_260_206, numRuns: 1500 })
const requests = Array.from({ length: 200 }, (_, n) => requestLike(n))
const randomRequests = fc.sample(randomRequest, { seed: 20_260_207, numRuns: 200 })

for (const [story, statements, asked, fewest] of [
  ['3,000 statements that are named alike', named, requests, 500],
  ['1,500 random statements', random, randomRequests, 20_000],
  ['a handful of statements', named.slice(0, 3), requests, 3],
] as const) {
  describe(story, () => {
    const compiled = parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'identity')

    test('the index finds every statement that matches', () => {
      const index = new StatementIndex(compiled.statements)
      const hashes = new ResourceHashes()
      const found: Statement[] = []
      let matches = 0
      for (const request of asked) {
        hashes.useResource(request.resource)
        const count = index.lookUp(request.action, hashes, found)
        const candidates = new Set(found.slice(0, count))
        for (const candidate of candidates) {
          assert.ok(matchesPatterns(candidate.actions, request.action.toLowerCase(), request.context))
        }
        for (const statement of compiled.statements) {
          if (!matchesPatterns(statement.actions, request.action.toLowerCase(), request.context)) continue
          if (!matchesRequest(statement, request)) continue
          matches++
          assert.ok(candidates.has(statement), `Statement[${statement.index}] for ${request.resource}`)
        }
      }
      assert.ok(matches >= fewest, `${matches} matches`)
    })

    test('the engine decides like the reference interpreter', () => {
      const document = { Version: '2012-10-17', Statement: statements }
      const step = Math.ceil(asked.length / 6)
      for (let n = 0; n < asked.length; n += step) {
        const request = asked[n]
        if (request !== undefined) compareWithReference({ documents: { identity: [document] }, request })
      }
    })
  })
}

test('the index hands out few of 3,000 statements that differ by a name alone', () => {
  const resourceOf = (n: number) => `arn:aws:notes:eu-1:${account}:note/of/project-${n}`
  const { statements } = parsePolicy(
    JSON.stringify({
      Statement: Array.from({ length: 3000 }, (_, n) => ({
        Effect: 'Allow',
        Action: 'notes:*',
        Resource: `${resourceOf(n)}/${n % 2 === 0 ? '*' : '?/end'}`,
      })),
    }),
    'identity',
  )
  const index = new StatementIndex(statements)
  const hashes = new ResourceHashes()
  const found: Statement[] = []
  for (let n = 0; n < 3000; n += 7) {
    hashes.useResource(`${resourceOf(n)}/a/end`)
    const count = index.lookUp('notes:Read', hashes, found)
    assert.ok(count >= 1 && count <= 20, `${count} for ${n}`)
  }
})
