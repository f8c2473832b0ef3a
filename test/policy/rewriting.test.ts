/** However the same policies are written, they are decided the same. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { PolicyRequest } from '../../server/policy/request.ts'
import { decided } from './outcome.ts'
import { randomScene, type Scene } from './random-policies.ts'
import type { Documents, PolicyDocument, Statement } from './vectors.ts'

const runs = { seed: 20_260_202, numRuns: 500 }

describe('order never matters', () => {
  test('of policies, statements, actions, resources, principals, values and keys', () => {
    fc.assert(
      fc.property(randomScene, fc.infiniteStream(fc.nat(1000)), ({ documents, request }, random) => {
        const pick = () => random.next().value ?? 0
        const context = new Map(shuffled([...request.context], pick))
        const otherwise = { documents: shuffledDeep(documents, pick), request: { ...request, context } }
        assert.deepEqual(decided(otherwise), decided({ documents, request }))
      }),
      runs,
    )
  })

  function shuffled<Item>(items: readonly Item[], pick: () => number): Item[] {
    return items
      .map(item => ({ item, place: pick() }))
      .sort((one, other) => one.place - other.place)
      .map(({ item }) => item)
  }

  function shuffledDeep<Value>(value: Value, pick: () => number): Value {
    if (Array.isArray(value)) return shuffled(value, pick).map(one => shuffledDeep(one, pick)) as Value
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(([name, one]) => [name, shuffledDeep(one, pick)] as const)
    return Object.fromEntries(shuffled(entries, pick)) as Value
  }
})

describe('splitting a statement into several never matters', () => {
  for (const name of ['Action', 'Resource']) {
    test(`one for each ${name}`, () => {
      requireSame(({ documents, request }) => ({
        documents: mapStatements(documents, statement =>
          name in statement
            ? [statement[name]].flat().map(one => ({ ...statement, [name]: one }))
            : [statement],
        ),
        request,
      }))
    })
  }

  test('one for each name of a Principal', () => {
    requireSame(({ documents, request }) => ({
      documents: mapStatements(documents, statement => {
        const { Principal } = statement
        if (typeof Principal !== 'object' || Principal === null) return [statement]
        return Object.entries(Principal).flatMap(([type, names]) =>
          [names].flat().map(name => ({ ...statement, Principal: { [type]: name } })),
        )
      }),
      request,
    }))
  })

  test("one policy for each statement of the caller's own policies", () => {
    requireSame(({ documents, request }) => {
      const apart = ({ Statement, ...rest }: PolicyDocument) =>
        [Statement].flat().map(one => ({ ...rest, Statement: one }))
      const { identity = [], group = [], session = [], ...others } = documents
      return {
        documents: {
          ...others,
          identity: identity.flatMap(apart),
          group: group.flatMap(apart),
          session: session.flatMap(apart),
        },
        request,
      }
    })
  })
})

describe('two ways of writing the same never matter', () => {
  test('the case of actions, in the policy and in the request', () => {
    requireSame(({ documents, request }) => ({
      documents: mapStatements(documents, ({ Action, ...statement }) => [
        {
          ...statement,
          ...(Action === undefined ? {} : { Action: [Action].flat().map(a => `${a}`.toUpperCase()) }),
        },
      ]),
      request: { ...request, action: request.action.toLowerCase() },
    }))
  })

  test('an account by its number or by the ARN of its root', () => {
    requireSame(({ documents, request }) => ({
      documents: JSON.parse(JSON.stringify(documents).replaceAll(/arn:aws:iam::(\d{12}):root/g, '$1')),
      request,
    }))
  })

  test('one value bare or in a list', () => {
    requireSame(({ documents, request }) => ({
      documents: mapStatements(documents, statement => [
        Object.fromEntries(
          Object.entries(statement).map(([name, value]) => [
            name,
            name !== 'Effect' && typeof value === 'string' && value !== '*' ? [value] : value,
          ]),
        ),
      ]),
      request,
    }))
  })

  test("a request's own account by number or not at all", () => {
    requireSame(({ documents, request }) => {
      const { principal, resourceAccountId, ...rest } = request
      const own = 'accountId' in principal ? principal.accountId : '111122223333'
      const asked: PolicyRequest = { ...rest, principal, resourceAccountId: resourceAccountId ?? own }
      return { documents, request: asked }
    })
  })
})

function requireSame(rewrite: (scene: Scene) => Scene): void {
  fc.assert(
    fc.property(randomScene, scene => {
      assert.deepEqual(decided(rewrite(scene)), decided(scene))
    }),
    runs,
  )
}

/** Every statement is mapped to others. */
function mapStatements(documents: Documents, map: (statement: Statement) => Statement[]): Documents {
  const mapDocument = (document: PolicyDocument) => ({
    ...document,
    Statement: [document.Statement].flat().flatMap(map),
  })
  return Object.fromEntries(
    Object.entries(documents).map(([part, some]) => [
      part,
      Array.isArray(some) ? some.map(mapDocument) : mapDocument(some as PolicyDocument),
    ]),
  )
}
