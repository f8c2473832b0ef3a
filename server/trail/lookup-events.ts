import type { AuditQuery, AuditReader } from '../audit/audit-reader.ts'
import { eventSources } from '../audit/event-kinds.ts'
import { defineAction } from '../aws/action.ts'
import { integer, list, oneOf, optional, params, structure, text, time } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import { sequenceOf, wireEvent } from './event-record.ts'

export type TrailDeps = { reader: AuditReader; accountId: string }

const attribute = structure({
  AttributeKey: oneOf(
    'EventId',
    'EventName',
    'ReadOnly',
    'Username',
    'ResourceType',
    'ResourceName',
    'EventSource',
    'AccessKeyId',
  ),
  AttributeValue: text({ min: 1, max: 2000, pattern: /^[^\p{Cc}\p{Cs}]+$/u, patternText: '[\\P{Cc}]+' }),
})

/**
 * What was done and refused here, the newest first.
 *
 * @throws {Refusal} request.invalid
 * @see AWS CloudTrail API reference, LookupEvents
 */
export const lookupEvents = defineAction({
  name: 'LookupEvents',
  auth: 'signed',
  input: params({
    LookupAttributes: optional(list(attribute, { max: 1 }), []),
    StartTime: optional(time()),
    EndTime: optional(time()),
    EventCategory: optional(oneOf('insight')),
    MaxResults: optional(integer({ min: 1, max: 50 }), 50),
    NextToken: optional(text({ min: 1, max: 200 })),
  }),
  permission: () => ({ action: 'cloudtrail:LookupEvents', resource: '*' }),
  async handle(asked, { reader, accountId }: TrailDeps) {
    const { StartTime, EndTime } = asked
    if (StartTime !== undefined && EndTime !== undefined && StartTime > EndTime) {
      throw new Refusal('trail.timeRange')
    }
    if (asked.EventCategory !== undefined) return { Events: [] }
    const [wanted] = asked.LookupAttributes
    const found = wanted === undefined ? {} : queryOf(wanted.AttributeKey, wanted.AttributeValue)
    if (found === undefined) return { Events: [] }
    const page = await reader.lookUp({
      ...found,
      ...(StartTime === undefined ? {} : { fromMs: StartTime }),
      ...(EndTime === undefined ? {} : { toMs: EndTime }),
      ...(asked.NextToken === undefined ? {} : { before: readToken(asked.NextToken) }),
      most: asked.MaxResults,
    })
    return {
      Events: page.events.map(event => wireEvent(event, accountId)),
      ...(page.next === undefined ? {} : { NextToken: tokenOf(page.next) }),
    }
  },
})

/** Undefined for what no row can have. */
function queryOf(key: string, value: string): Partial<AuditQuery> | undefined {
  switch (key) {
    case 'EventId': {
      const sequence = sequenceOf(value)
      return sequence === undefined ? undefined : { sequence }
    }
    case 'EventName':
      return { event: value }
    case 'Username':
      return { userName: value }
    case 'ResourceName':
      return { resource: value }
    case 'AccessKeyId':
      return { accessKeyId: value }
    case 'EventSource': {
      const source = eventSources.find(one => one === value)
      return source === undefined ? undefined : { source }
    }
    case 'ReadOnly':
      return value === 'true' || value === 'false' ? { readOnly: value === 'true' } : undefined
    case 'ResourceType': {
      const resourceKind = kinds[value]
      return resourceKind === undefined ? undefined : { resourceKind }
    }
    default:
      return undefined
  }
}

const kinds: Readonly<Record<string, NonNullable<AuditQuery['resourceKind']>>> = {
  'AWS::IAM::Role': 'role',
  'AWS::IAM::User': 'user',
  'AWS::IAM::Group': 'group',
  'AWS::IAM::Policy': 'policy',
  'AWS::IAM::AccessKey': 'accessKey',
}

function tokenOf(sequence: number): string {
  return Buffer.from(String(sequence)).toString('base64url')
}

function readToken(token: string): number {
  const text = Buffer.from(token, 'base64url').toString('latin1')
  if (!/^\d{1,15}$/.test(text) || tokenOf(Number(text)) !== token) throw new Refusal('trail.nextToken')
  return Number(text)
}
