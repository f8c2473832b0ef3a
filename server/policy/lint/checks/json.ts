import type { Check, CheckTable } from '../check.ts'
import type { JsonProblem } from '../text/json-problem.ts'

/** What the reader found. */
export const jsonChecks = {
  'json-syntax': told('json-syntax'),
  'json-duplicate-member': told('json-duplicate-member'),
  'json-member-name': told('json-member-name'),
  'json-too-deep': told('json-too-deep'),
  'json-not-object': told('json-not-object'),
} satisfies Record<JsonProblem['code'], Check> & CheckTable

function told(code: JsonProblem['code']): Check {
  return {
    level: 'error',
    *find({ problems }) {
      for (const { code: found, message, fix, ...place } of problems) {
        if (found === code) yield { place, message, fix }
      }
    },
  }
}
