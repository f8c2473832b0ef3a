import assert from 'node:assert/strict'
import { after } from 'node:test'
import { openParts } from '../../server/cli/open-parts.ts'
import { type Config, readConfig } from '../../server/config.ts'
import type { Asked, ProviderTestDeps } from '../../server/diagnostics/deps.ts'
import type { Step } from '../../server/diagnostics/step.ts'
import { testProvider } from '../../server/diagnostics/test-provider.ts'

/** What the commands would open beside a service, with some settings changed. Closed with the test file. */
export async function openForTest(
  env: Record<string, string>,
  more: Partial<Config> = {},
): Promise<ProviderTestDeps> {
  const parts = await openParts({ ...readConfig({ ROLECALL_DEMO: 'off', ...env }), ...more })
  after(() => parts.close())
  return parts
}

/** The steps, by what was looked at; of several alike the last. */
export async function walk(name: string, deps: ProviderTestDeps, asked: Asked = {}) {
  const steps = (await testProvider(name, deps, asked)) ?? assert.fail(`no provider ${name}`)
  const found = new Map(steps.map(step => [step.check, step]))
  return {
    steps,
    step: (check: string): Step =>
      found.get(check) ?? assert.fail(`${check} is not among ${[...found.keys()]}`),
    /** All that is wrong, in short. */
    wrong: steps.flatMap(({ check, outcome }) =>
      outcome === 'ok' || outcome === 'skipped' ? [] : [`${outcome}: ${check}`],
    ),
  }
}

/** What a step found and advises, in one text. */
export const textOf = (step: Step): string => ('change' in step ? `${step.says} → ${step.change}` : step.says)
