import type { Asked, KnownProvider, ProviderTestDeps } from './deps.ts'
import { providerKinds } from './provider-kinds.ts'
import { serviceSteps } from './running-service.ts'
import type { Step } from './step.ts'

/** All providers that are set up, whichever way. */
export async function listProviders(deps: ProviderTestDeps): Promise<KnownProvider[]> {
  const all = await Promise.all(providerKinds.map(kind => kind(deps)))
  return all.flat()
}

/** Those that a name means: more than one where the operator must say more. */
export async function findProviders(name: string, deps: ProviderTestDeps): Promise<KnownProvider[]> {
  const all = await listProviders(deps)
  const matching = (isMeant: (provider: KnownProvider) => boolean) => all.filter(isMeant)
  const named = matching(provider => provider.name === name)
  return named.length > 0 ? named : matching(provider => provider.aliases.includes(name))
}

/**
 * Walks a provider through, step by step, as its people's proofs and sign-ins depend on it. Nothing is written, and a
 * sample that may be used once is not used up.
 */
export async function* walkProvider(
  provider: KnownProvider,
  deps: ProviderTestDeps,
  asked: Asked = {},
): AsyncGenerator<Step> {
  if (asked.serviceUrl !== undefined) yield* serviceSteps(asked.serviceUrl, deps.config.publicUrl)
  yield* provider.steps(asked)
}

/**
 * The same by name, with all steps at once.
 *
 * @returns undefined where the name means no provider, or more than one
 */
export async function testProvider(
  name: string,
  deps: ProviderTestDeps,
  asked: Asked = {},
): Promise<Step[] | undefined> {
  const [provider, ...others] = await findProviders(name, deps)
  if (provider === undefined || others.length > 0) return undefined
  const steps: Step[] = []
  for await (const step of walkProvider(provider, deps, asked)) steps.push(step)
  return steps
}
