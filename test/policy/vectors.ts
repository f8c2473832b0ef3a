/** Reads test/vectors/policy: see its README for how a case is written. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PolicyPart } from '../../server/policy/decide/decide.ts'
import type { PolicyKind } from '../../server/policy/policy.ts'
import type { PolicyPrincipal, PolicyRequest } from '../../server/policy/request.ts'

export type Statement = Record<string, unknown>
export type PolicyDocument = { Version?: string; Statement: Statement | readonly Statement[] }

/** Policies before they are compiled. */
export type Documents = {
  identity?: readonly PolicyDocument[]
  group?: readonly PolicyDocument[]
  boundary?: PolicyDocument
  session?: readonly PolicyDocument[]
  resource?: PolicyDocument
  trust?: PolicyDocument
}

export type DecisionVector = {
  sentence: string
  policies: Documents
  request: PolicyRequest
  expect: 'allowed' | 'explicitlyDenied' | 'implicitlyDenied'
  missing?: PolicyPart
  /** The statements that made the decision. */
  by?: readonly string[]
}

export type GrammarVector = { sentence: string; kind: PolicyKind; text: string; refused: string | null }

export type Family = {
  name: string
  about: string
  docs: readonly string[]
  decisions: readonly DecisionVector[]
  grammar: readonly GrammarVector[]
}

type Short = Statement | readonly Statement[]
type WrittenRequest = {
  principal?: string | PolicyPrincipal
  action?: string
  resource?: string
  resourceAccountId?: string
  context?: Record<string, string | readonly string[]>
}
type WrittenCase = Pick<DecisionVector, 'sentence' | 'expect' | 'missing' | 'by'> & {
  policies?: Record<string, Short>
  request?: WrittenRequest
  condition?: object
  context?: WrittenRequest['context']
}
type WrittenGrammar = { sentence: string; kind: PolicyKind; document: unknown; refused: string | null }
type WrittenFamily = Pick<Family, 'about' | 'docs'> & { cases: readonly (WrittenCase | WrittenGrammar)[] }

/** The parts in which several policies may stand. */
const lists = ['identity', 'group', 'session']

const folder = join(import.meta.dirname, '../vectors/policy')
export const cast: Readonly<Record<string, PolicyPrincipal>> = read('cast.json')

export const families: readonly Family[] = readdirSync(folder)
  .filter(file => file.endsWith('.json') && file !== 'cast.json')
  .sort()
  .map(file => {
    const { about, docs, cases } = read<WrittenFamily>(file)
    return {
      name: file.slice(0, -'.json'.length),
      about,
      docs,
      decisions: cases.flatMap(one => ('document' in one ? [] : decisionOf(one))),
      grammar: cases.flatMap(one => ('document' in one ? grammarOf(one) : [])),
    }
  })

function read<Content>(file: string): Content {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'))
}

function grammarOf({ sentence, kind, document, refused }: WrittenGrammar): GrammarVector {
  return { sentence, kind, refused, text: typeof document === 'string' ? document : JSON.stringify(document) }
}

function decisionOf({ condition, context, policies, request, ...one }: WrittenCase): DecisionVector {
  const written = condition === undefined ? (policies ?? {}) : { identity: { Condition: condition } }
  return {
    ...one,
    policies: documentsOf(written),
    request: requestOf({ ...request, ...(context === undefined ? {} : { context }) }),
  }
}

function documentsOf(written: Record<string, Short>): Documents {
  return Object.fromEntries(
    Object.entries(written).map(([part, short]) => {
      const wrapped = lists.includes(part)
        ? [short].flat().map(one => documentOf(one, part))
        : documentOf(short, part)
      return [part, wrapped]
    }),
  )
}

/** A document as it is, or else statements of one of 2012-10-17. What a statement does not say is filled in. */
function documentOf(short: Short, part: string): PolicyDocument {
  const document = 'Statement' in short ? short : { Version: '2012-10-17', Statement: short }
  const statements = [document.Statement as Short].flat().map(statement => filledIn(statement, part))
  return { ...document, Statement: statements }
}

function filledIn(statement: Statement, part: string): Statement {
  return {
    Effect: 'Allow',
    ...('NotAction' in statement ? {} : { Action: part === 'trust' ? 'sts:AssumeRole' : '*' }),
    ...('NotResource' in statement || part === 'trust' ? {} : { Resource: '*' }),
    ...statement,
  }
}

function requestOf({ principal = 'alice', context = {}, ...given }: WrittenRequest): PolicyRequest {
  const who = typeof principal === 'string' ? cast[principal] : principal
  if (who === undefined) throw new TypeError(`${principal} is not in cast.json`)
  return {
    principal: who,
    action: 'notes:Read',
    resource: 'arn:aws:notes:eu-1:111122223333:note/7',
    ...given,
    context: contextOf(context),
  }
}

export function contextOf(
  written: Record<string, string | readonly string[]>,
): Map<string, readonly string[]> {
  return new Map(Object.entries(written).map(([key, value]) => [key.toLowerCase(), [value].flat()]))
}
