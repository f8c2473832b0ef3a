import { benchDueSecrets } from './due-secrets.ts'
import { benchLogInFlood } from './log-in-flood.ts'
import { benchLogins } from './logins.ts'
import { benchPasswords } from './passwords.ts'
import { benchPolicy } from './policy.ts'
import { benchPools } from './pools.ts'
import { benchRotation } from './rotation.ts'
import { benchSecrets } from './secrets.ts'
import { benchSts } from './sts.ts'
import { benchWebIdentity } from './web-identity.ts'

const benchmarks: Record<string, () => Promise<void>> = {
  logins: benchLogins,
  passwords: benchPasswords,
  policy: benchPolicy,
  pools: benchPools,
  rotation: benchRotation,
  secrets: benchSecrets,
  sts: benchSts,
  'web-identity': benchWebIdentity,
}

/** A part of one of those, by itself. */
const parts: Record<string, () => Promise<void>> = { due: benchDueSecrets, flood: benchLogInFlood }

const asked = process.argv.slice(2)
const unknown = asked.filter(name => !(name in benchmarks || name in parts))
if (unknown.length > 0) {
  process.stderr.write(
    `no such benchmark: ${unknown.join(', ')}; there are ${[...Object.keys(benchmarks), ...Object.keys(parts)].join(', ')}\n`,
  )
  process.exit(1)
}
for (const name of asked.length > 0 ? asked : Object.keys(benchmarks))
  await (benchmarks[name] ?? parts[name])?.()
