import { readSampleClaims } from '../base/sample-claims.ts'
import { readConfig } from '../config.ts'
import { explainMapping } from '../diagnostics/mapping/explain-mapping.ts'
import { type Command, CommandError } from './command.ts'
import { openParts } from './open-parts.ts'
import { readSample } from './read-sample.ts'
import { renderStep, renderSum } from './render.ts'
import { requireAddress } from './require-address.ts'

export const mapping: Command = {
  words: ['mapping'],
  usage: '[POOL-ID] PROVIDER --claims FILE|- [--source-ip ADDRESS]',
  summary:
    'Shows which rule of a role mapping fires for a sample of claims (JSON), and whether its role admits them.',
  options: { claims: { type: 'string' }, 'source-ip': { type: 'string' } },
  async run({ output, input }, names, { claims: file, 'source-ip': sourceIp }) {
    const [poolId, provider] = names.length === 1 ? [undefined, names[0]] : names
    if (provider === undefined || names.length > 2)
      throw new CommandError('Which mapping? A provider’s: PROVIDER; an identity pool’s: POOL-ID PROVIDER.')
    if (file === undefined)
      throw new CommandError('Which claims? --claims takes a file with a JSON object, or - for the input.')
    requireAddress(sourceIp)
    const claims = readClaims(await readSample('--claims', file, input))
    const parts = await openParts(readConfig())
    try {
      const steps = await explainMapping({ poolId, provider, claims, sourceIp }, parts)
      if (steps === undefined) throw new CommandError(`There is no role mapping for ${names.join(' ')}.`)
      output.write(`${names.join(', ')}\n\n${steps.map(step => renderStep(step, output)).join('')}`)
      output.write(renderSum(steps, output))
      return steps.some(({ outcome }) => outcome === 'problem') ? 1 : 0
    } finally {
      await parts.close()
    }
  },
}

function readClaims(text: string): Record<string, unknown> {
  try {
    return readSampleClaims(text)
  } catch (error) {
    throw new CommandError((error as SyntaxError).message)
  }
}
