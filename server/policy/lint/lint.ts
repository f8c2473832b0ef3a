import type { PolicyKind } from '../policy.ts'
import { allChecks, type Code } from './all-checks.ts'
import type { Level } from './check.ts'
import { readAtMost, sizeOf } from './checks/size.ts'
import { lineFinder } from './text/line-and-column.ts'
import type { LintOptions, PolicyView } from './view/policy-view.ts'
import { viewPolicy } from './view/view-policy.ts'

export type Finding = {
  level: Level
  code: Code
  /** Such as `Statement[0].Condition.StringEquals["aws:userid"][1]`; empty for the document as a whole. */
  path: string
  /** Where it stands, counted from 1. */
  line: number
  column: number
  /** What is wrong. */
  message: string
  /** What to do. */
  fix: string
}

/** Of one code. A document with more of them is in no need of the rest. */
const mostOfOneCode = 100

const codes = Object.keys(allChecks) as Code[]

/**
 * Everything that is wrong with a policy document, or risky in it, in the order of the text. There is an
 * `error` exactly where `parsePolicy` refuses the document or it is too large.
 */
export function lint(document: string, kind: PolicyKind, options: LintOptions = {}): Finding[] {
  const policy = viewOf(document, kind, options)
  const lineOf = lineFinder(document)
  return codes
    .flatMap(code => findingsOf(code, policy))
    .sort((a, b) => a.at - b.at)
    .map(({ at, code, path, message, fix }) => {
      return { level: allChecks[code].level, code, path, ...lineOf(at), message, fix }
    })
}

/** A monstrous text is measured and not read. */
function viewOf(text: string, kind: PolicyKind, options: LintOptions): PolicyView {
  const looked = sizeOf(text, 'identity') <= readAtMost
  const view = viewPolicy(looked ? text : '{}', kind, options)
  return looked ? view : { ...view, text, root: undefined }
}

type Found = { code: Code; path: string; at: number; message: string; fix: string }

function findingsOf(code: Code, policy: PolicyView): Found[] {
  const found: Found[] = []
  for (const { place, message, fix } of allChecks[code].find(policy)) {
    if (found.length === mostOfOneCode) break
    found.push({ code, path: place.path, at: place.at, message, fix })
  }
  return found
}
