import { secretArn } from '../base/arn.ts'
import { type Config, readConfig } from '../config.ts'
import { countSealedElsewhere } from '../credentials/reseal-secrets.ts'
import { ok, problem, type Step, skipped, warning } from '../diagnostics/step.ts'
import { createKeyringWrapper } from '../keys/envelope.ts'
import type { Keyring } from '../keys/keyring.ts'
import { isAlias, isOfKey, kmsKind } from '../keys/kms-wrapper.ts'
import type { SecretsKmsConfig } from '../settings/secret-settings.ts'
import type { Store } from '../store/open-store.ts'
import type { WrappedVersion } from '../store/secret-versions.ts'
import type { Command } from './command.ts'
import { openVaultBeside } from './open-parts.ts'
import { renderStep, renderSum } from './render.ts'

type Vault = { config: Config; store: Store; keyring: Keyring; accountId: string }

export const keys: Command = {
  words: ['keys'],
  usage: '',
  summary: 'Tells which keys are in use for what rests sealed, and whether the previous ones can go.',
  options: {},
  async run({ output }) {
    const config = readConfig()
    const vault = { config, ...(await openVaultBeside(config)) }
    try {
      const steps = [...(await lookAtSecrets(vault)), await lookAtRecords(vault), sessions(vault)]
      output.write(`${steps.map(step => renderStep(step, output)).join('')}${renderSum(steps, output)}`)
      return steps.some(({ outcome }) => outcome === 'problem' || outcome === 'warning') ? 1 : 0
    } finally {
      await vault.store.close()
    }
  },
}

/** One step for each key that data keys are wrapped under, and one for those that can't be opened. */
async function lookAtSecrets(vault: Vault): Promise<Step[]> {
  const { config, store, keyring } = vault
  const wrappings = await store.secrets.wrappings()
  if (wrappings.length === 0) return [ok('Secrets', 'There are none.')]
  const own = await createKeyringWrapper(keyring).under()
  const kms = config.secretsKms?.wraps === true ? config.secretsKms : undefined
  const lost = await findUnopened(own, vault)
  const steps = wrappings.map(({ under, count }): Step => {
    const says = `${count === 1 ? '1 version' : `${count} versions`} under ${under}.`
    const isPresent = kms === undefined ? under === own : isUnderPresent(under, kms)
    if (isPresent) return ok('Secrets', says)
    return warning(
      'Secrets',
      says,
      `Leave what is set for it as it is: the service moves them away from it. ${howFar}`,
    )
  })
  if (lost.length === 0) return steps
  const named = lost.slice(0, 20).map(({ secretId, id }) => `${secretId}, version ${id}`)
  const rest = lost.length > named.length ? ', ...' : ''
  return [
    ...steps,
    problem(
      'Secrets that don’t open',
      `${lost.length}: ${named.join('; ')}${rest}.`,
      'Give the master key or the key service that they are under. If it is given, they were tampered with: restore them.',
    ),
  ]
}

const howFar = 'Its log says how far it is.'

/** Under our own keys it can be tried here; a key service is not asked, since that leaves traces there. */
async function findUnopened(
  under: string,
  { config, store, keyring, accountId }: Vault,
): Promise<WrappedVersion[]> {
  const wrapper = createKeyringWrapper(keyring)
  const lost: WrappedVersion[] = []
  for (let after: WrappedVersion | undefined; ; ) {
    const versions: WrappedVersion[] = await store.secrets.wrappedElsewhere(under, 500, after)
    for (const version of versions) {
      if (version.wrappedUnder.startsWith(kmsKind) && config.secretsKms !== undefined) continue
      const bound = { arn: secretArn(accountId, version.secretId), versionId: version.id }
      if ((await wrapper.unwrap(version, bound)) === undefined) lost.push(version)
    }
    after = versions.at(-1)
    if (after === undefined) return lost
  }
}

/** An alias leads wherever the service says: of one it is only known what is under the key before. */
function isUnderPresent(under: string, { keyId, previousKeyId }: SecretsKmsConfig): boolean {
  if (!under.startsWith(kmsKind)) return false
  const arn = under.slice(kmsKind.length)
  return isAlias(keyId) ? previousKeyId === undefined || !isOfKey(arn, previousKeyId) : isOfKey(arn, keyId)
}

async function lookAtRecords({ store, keyring }: Vault): Promise<Step> {
  const count = await countSealedElsewhere(store, keyring)
  if (count === 0) return ok('Other records', 'All that rest sealed are under the present master key.')
  const says = `${count} are under an earlier master key: access keys, second factors, rotators’ and SAML keys.`
  return warning(
    'Other records',
    says,
    'Start the service with ROLECALL_MASTER_KEY_PREVIOUS: it seals them anew at its start.',
  )
}

function sessions({ config }: Vault): Step {
  const check = 'Sessions'
  if (config.previousMasterKey === undefined) return skipped(check, 'No previous master key is set.')
  return skipped(
    check,
    'Temporary credentials and browser sessions from before the change end with the previous master key. None lasts longer than 36 hours.',
  )
}
