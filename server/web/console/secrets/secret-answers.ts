import type { Result } from '../../../aws/action.ts'
import { isTrueIn, structureIn, structuresIn, textIn, textsIn } from '../read-answer.ts'
import { dayOf, type Moment, momentOf } from './moments.ts'

/** A secret as the pages show it. */
export type ShownSecret = {
  arn: string
  name: string
  description: string
  tags: readonly { key: string; value: string }[]
  created: Moment | undefined
  changed: Moment | undefined
  read: Moment | undefined
  deleted: Moment | undefined
  rotation: ShownRotation
  /** Which version each label is at. */
  labels: ReadonlyMap<string, string>
}

export type ShownRotation = {
  enabled: boolean
  rotator: string | undefined
  rules: string | undefined
  window: string | undefined
  last: Moment | undefined
  next: Moment | undefined
}

export type ShownVersion = {
  id: string
  labels: readonly string[]
  created: Moment | undefined
  read: Moment | undefined
}

export const current = 'AWSCURRENT'

/** DescribeSecret's, and of ListSecrets each. */
export function secretIn(answer: Result): ShownSecret {
  return {
    arn: textIn(answer, 'ARN') ?? '',
    name: textIn(answer, 'Name') ?? '',
    description: textIn(answer, 'Description') ?? '',
    tags: structuresIn(answer, 'Tags').map(tag => ({
      key: textIn(tag, 'Key') ?? '',
      value: textIn(tag, 'Value') ?? '',
    })),
    created: momentOf(textIn(answer, 'CreatedDate')),
    changed: momentOf(textIn(answer, 'LastChangedDate')),
    read: dayOf(textIn(answer, 'LastAccessedDate')),
    deleted: momentOf(textIn(answer, 'DeletedDate')),
    rotation: rotationIn(answer),
    labels: labelsIn(structureIn(answer, 'VersionIdsToStages')),
  }
}

function rotationIn(answer: Result): ShownRotation {
  const rules = structureIn(answer, 'RotationRules')
  const days = textIn(rules, 'AutomaticallyAfterDays')
  const everyDays = days === undefined ? undefined : days === '1' ? 'every day' : `every ${days} days`
  return {
    enabled: isTrueIn(answer, 'RotationEnabled'),
    rotator: textIn(answer, 'RotationLambdaARN'),
    rules: textIn(rules, 'ScheduleExpression') ?? everyDays,
    window: textIn(rules, 'Duration'),
    last: momentOf(textIn(answer, 'LastRotatedDate')),
    next: momentOf(textIn(answer, 'NextRotationDate')),
  }
}

function labelsIn(byVersion: Result): Map<string, string> {
  const pairs = Object.keys(byVersion).flatMap(id =>
    textsIn(byVersion, id).map(label => [label, id] as const),
  )
  return new Map(pairs.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** ListSecretVersionIds's, newest first. */
export function versionsIn(answer: Result): { found: ShownVersion[]; next: string | undefined } {
  const found = structuresIn(answer, 'Versions').map(version => ({
    id: textIn(version, 'VersionId') ?? '',
    labels: textsIn(version, 'VersionStages'),
    created: momentOf(textIn(version, 'CreatedDate')),
    read: dayOf(textIn(version, 'LastAccessedDate')),
  }))
  return { found, next: textIn(answer, 'NextToken') }
}
