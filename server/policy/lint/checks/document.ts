import { namesPrincipals } from '../../policy.ts'
import { type Answer, type CheckTable, eachStatement, once, problem } from '../check.ts'
import { memberOf } from '../text/json-node.ts'
import type { PolicyView, StatementView } from '../view/policy-view.ts'

/** The document as a whole, and what its statements are called. */
export const documentChecks = {
  'version-missing': { level: 'warning', find: once(missingVersion) },
  'version-old': { level: 'warning', find: once(oldVersion) },
  'id-without-use': { level: 'suggestion', find: once(idWithoutUse) },
  'sid-empty': { level: 'suggestion', find: eachStatement(emptySid) },
  'allows-nothing': { level: 'warning', find: once(allowsNothing) },
} satisfies CheckTable

function missingVersion({ root }: PolicyView): Answer {
  if (root === undefined || memberOf(root, 'Version') !== undefined) return undefined
  const message =
    'Without a Version, the document is read in the language of 2008: variables are plain text in it.'
  return problem(root, message, 'Add "Version": "2012-10-17".')
}

function oldVersion({ root }: PolicyView): Answer {
  const version = root && memberOf(root, 'Version')?.value
  if (version?.type !== 'text' || version.value !== '2008-10-17') return undefined
  const message = 'In the language of 2008, variables are plain text.'
  return problem(version, message, 'Write "2012-10-17".')
}

/** Services keep it for resources alone. */
function idWithoutUse({ root, kind }: PolicyView): Answer {
  const id = root && memberOf(root, 'Id')
  if (id === undefined || kind === 'resource') return undefined
  return problem(id, 'Nothing reads the Id of such a policy.', 'Leave it out.')
}

function emptySid({ sid }: StatementView): Answer {
  if (sid?.value !== '') return undefined
  return problem(sid, 'The Sid is empty.', 'Give the statement a name, or leave the Sid out.')
}

/** What narrows allows no more than it says, and what nobody is let into by is closed. */
function allowsNothing({ root, kind, statements }: PolicyView): Answer {
  if (root === undefined || statements.length === 0 || kind === 'identity' || kind === 'resource')
    return undefined
  if (statements.some(({ effect }) => effect !== 'Deny')) return undefined
  const message = namesPrincipals(kind)
    ? 'No statement allows anything: nobody can take the role.'
    : 'No statement allows anything: whatever else allows, nothing gets through this policy.'
  return problem(root, message, 'Add a statement that allows what shall remain possible.')
}
