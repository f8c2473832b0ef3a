import { integer, optional, structure, text } from '../../aws/params.ts'

/** @see AWS Secrets Manager API reference, RotateSecret and RotationRulesType */
export const lambdaArn = optional(text({ max: 2048 }))
export const rotationRules = optional(
  structure({
    AutomaticallyAfterDays: optional(integer({ min: 1, max: 1000 })),
    Duration: optional(text({ min: 2, max: 3, pattern: /^[0-9h]+$/, patternText: '[0-9h]+' })),
    ScheduleExpression: optional(
      text({
        min: 1,
        max: 256,
        pattern: /^[0-9A-Za-z()#?*\-/, ]+$/,
        patternText: '[0-9A-Za-z\\(\\)#\\?\\*\\-\\/, ]+',
      }),
    ),
  }),
)
