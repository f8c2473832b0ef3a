import assert from 'node:assert/strict'
import type { TestRolecall } from './rolecall.ts'
import { auditRowsIn } from './rolecall-process.ts'

const innards = /\n\s+at |node:internal|node_modules|\.ts:\d|SQLITE|Error:/

/**
 * Watches one attack: whatever is answered, nothing may have been issued or changed, no bug met, and nothing
 * of our innards shown. Credentials and changes are in the audit log before they are answered.
 */
export function watch({ dataDir, logged }: Pick<TestRolecall, 'dataDir' | 'logged'>) {
  const allowed = () => auditRowsIn(dataDir).filter(row => row.decision === 'allowed').length
  const before = { allowed: allowed(), logged: logged().length }
  return {
    /** @param secrets what must not stand in the log either */
    requireNothingGiven(answer: string, ...secrets: string[]): void {
      assert.equal(allowed() - before.allowed, 0, 'something was allowed')
      const lines = logged().slice(before.logged)
      assert.ok(!lines.includes('"level":50'), `a bug: ${lines}`)
      assert.doesNotMatch(answer, innards)
      assert.doesNotMatch(answer, /ASIA[A-Z2-7]{16}|"access_token"/)
      for (const secret of secrets) assert.ok(!lines.includes(secret), 'a secret is in the log')
    },
  }
}
