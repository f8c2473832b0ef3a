/** Laws that hold whatever the policies are. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { decide, type PolicyPart } from '../../server/policy/decide/decide.ts'
import { compile } from './compile.ts'
import { outcome } from './outcome.ts'
import { randomScene, type Scene, statementOf } from './random-policies.ts'
import type { Documents, PolicyDocument, Statement } from './vectors.ts'

const parts: readonly PolicyPart[] = ['identity', 'group', 'boundary', 'session', 'resource']
/** The documents with a statement more in one part: in a policy that is there, or else in one of its own. */
function withStatement(documents: Documents, part: PolicyPart, statement: Statement): Documents {
  if (part === 'resource' && documents.trust) {
    const { Resource: _, NotResource: __, ...rest } = naming(statement)
    return { ...documents, trust: withMore(documents.trust, { ...rest, Action: 'sts:*' }) }
  }
  if (part === 'boundary' || part === 'resource') {
    return { ...documents, [part]: withMore(documents[part], statement) }
  }
  const [first, ...others] = documents[part as 'identity'] ?? []
  return { ...documents, [part]: [withMore(first, statement), ...others] }
}

/** Only a Deny has NotPrincipal, and none in a trust policy. */
function naming({ NotPrincipal, ...statement }: Statement): Statement {
  return NotPrincipal === undefined ? statement : { ...statement, Principal: NotPrincipal }
}

function withMore(document: PolicyDocument | undefined, statement: Statement): PolicyDocument {
  if (document === undefined) return { Version: '2012-10-17', Statement: [statement] }
  return { ...document, Statement: [document.Statement, statement].flat() }
}

const randomAddition = fc.constantFrom(...parts).chain(part => {
  const kind = part === 'group' ? 'identity' : part
  return statementOf(kind).map(({ NotAction: _, ...statement }) => ({
    part,
    statement: { Action: '*', ...statement },
  }))
})

describe('an explicit deny', () => {
  test('wins over whatever is added beside it, in whichever policy', () => {
    requireLaw(
      scene => outcome(scene) === 'explicitlyDenied',
      ({ documents, request }, { part, statement }) => {
        const more = withStatement(documents, part, statement)
        assert.equal(outcome({ documents: more, request }), 'explicitlyDenied')
      },
    )
  })

  for (const part of parts) {
    test(`of everything in the part "${part}" denies every request`, () => {
      const everything = { Effect: 'Deny', Action: '*', Resource: '*' }
      const deny = part === 'resource' ? { ...everything, Principal: '*' } : everything
      requireLaw(
        () => true,
        ({ documents, request }) => {
          const action = documents.trust ? 'sts:A' : request.action
          const more = withStatement(documents, part, deny)
          assert.equal(outcome({ documents: more, request: { ...request, action } }), 'explicitlyDenied')
        },
      )
    })
  }
})

describe('what narrows never adds', () => {
  test('a boundary: what is allowed within it is allowed without it', () => {
    requireLaw(
      scene => scene.documents.boundary !== undefined && outcome(scene) === 'allowed',
      ({ documents: { boundary, ...unbounded }, request }) => {
        assert.equal(outcome({ documents: unbounded, request }), 'allowed')
      },
    )
  })

  test('session policies: what is allowed within them is allowed without them, but to a federated user', () => {
    requireLaw(
      ({ documents, request }) =>
        (documents.session ?? []).length > 0 &&
        request.principal.kind !== 'federatedUser' &&
        outcome({ documents, request }) === 'allowed',
      ({ documents: { session, ...whole }, request }) => {
        assert.equal(outcome({ documents: whole, request }), 'allowed')
      },
    )
  })

  test("without a resource's policy, allowed is what each of identity, boundary and session policies allows", () => {
    requireLaw(
      ({ request: { principal } }) => principal.kind === 'user' || principal.kind === 'session',
      ({ documents, request: { resourceAccountId, ...request } }) => {
        const { identity = [], group = [], boundary, session = [] } = documents
        const allows = (some: readonly PolicyDocument[]) =>
          outcome({ documents: { identity: some }, request }) === 'allowed'
        const each =
          allows([...identity, ...group]) &&
          (boundary === undefined || allows([boundary])) &&
          (session.length === 0 || allows(session))
        const { resource, trust, ...own } = documents
        assert.equal(outcome({ documents: own, request }) === 'allowed', each)
      },
    )
  })
})

test('adding an Allow never turns allowed into denied', () => {
  requireLaw(
    scene => outcome(scene) === 'allowed',
    ({ documents, request }, { part, statement }) => {
      // A first boundary or a first session policy narrows, whatever it allows.
      if (part === 'boundary' && documents.boundary === undefined) return
      if (part === 'session' && (documents.session ?? []).length === 0) return
      const more = withStatement(documents, part, { ...naming(statement), Effect: 'Allow' })
      assert.equal(outcome({ documents: more, request }), 'allowed')
    },
  )
})

test('an allowed request needs no statements but those that the decision names', () => {
  requireLaw(
    scene => outcome(scene) === 'allowed',
    ({ documents, request }) => {
      let named: Documents = {}
      for (const { part: place, policy, index } of decide(compile(documents), request).statements) {
        const part = place === 'resource' && documents.trust ? 'trust' : place
        const document = [documents[part]].flat()[policy]
        const statement = [document?.Statement].flat()[index]
        assert.equal(statement?.Effect, 'Allow')
        const alone = { ...document, Statement: [statement] }
        named = { ...named, [part]: Array.isArray(documents[part]) ? [alone] : alone }
      }
      assert.equal(outcome({ documents: named, request }), 'allowed')
    },
  )
})

/** A law of the scenes that meet the premise; enough of them must. */
function requireLaw(
  premise: (scene: Scene) => boolean,
  check: (scene: Scene, addition: { part: PolicyPart; statement: Statement }) => void,
): void {
  let met = 0
  fc.assert(
    fc.property(randomScene, randomAddition, (scene, addition) => {
      if (!premise(scene)) return
      met++
      check(scene, addition)
    }),
    { seed: 20_260_201, numRuns: 750 },
  )
  assert.ok(met >= 15, `only ${met} met the premise`)
}
