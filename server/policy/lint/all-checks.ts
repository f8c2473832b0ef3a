import type { CheckTable } from './check.ts'
import { actionChecks } from './checks/actions.ts'
import { arnChecks } from './checks/arns.ts'
import { conditionGrammarChecks } from './checks/condition-grammar.ts'
import { conditionKeyChecks } from './checks/condition-keys.ts'
import { contradictionChecks } from './checks/contradictions.ts'
import { coverageChecks } from './checks/coverage.ts'
import { documentChecks } from './checks/document.ts'
import { elementChecks } from './checks/elements.ts'
import { jsonChecks } from './checks/json.ts'
import { listChecks } from './checks/lists.ts'
import { operatorChecks } from './checks/operators.ts'
import { permissionChecks } from './checks/permissions.ts'
import { principalGrammarChecks } from './checks/principal-grammar.ts'
import { principalChecks } from './checks/principals.ts'
import { redundantValueChecks } from './checks/redundant-values.ts'
import { resourceChecks } from './checks/resources.ts'
import { sizeChecks } from './checks/size.ts'
import { trustChecks } from './checks/trust.ts'
import { trustMatchChecks } from './checks/trust-match.ts'
import { valueChecks } from './checks/values.ts'
import { variableChecks } from './checks/variables.ts'

export const allChecks = {
  ...jsonChecks,
  ...sizeChecks,
  ...elementChecks,
  ...listChecks,
  ...principalGrammarChecks,
  ...conditionGrammarChecks,
  ...documentChecks,
  ...variableChecks,
  ...actionChecks,
  ...arnChecks,
  ...resourceChecks,
  ...principalChecks,
  ...trustChecks,
  ...trustMatchChecks,
  ...conditionKeyChecks,
  ...operatorChecks,
  ...valueChecks,
  ...contradictionChecks,
  ...permissionChecks,
  ...coverageChecks,
  ...redundantValueChecks,
} satisfies CheckTable

/** Every finding there can be; docs/policy-lint.md tells of each. */
export type Code = keyof typeof allChecks
