import type { Permission } from '../../authorization/authorize.ts'
import { secretArn } from '../../base/arn.ts'
import type { SecretsDeps } from '../deps.ts'
import { onSecret, parametersContext } from '../find-secret.ts'
import { current } from '../stages.ts'

/** The secret that a value names as the one with the rights to change its user; undefined where it names none. */
export function masterArnIn(value: string | undefined): string | undefined {
  if (value === undefined || !value.includes('{')) return undefined
  try {
    const { masterarn } = Object(JSON.parse(value))
    return typeof masterarn === 'string' ? masterarn : undefined
  } catch {
    return undefined
  }
}

/**
 * What the writer of a value needs beside the right to write it. A rotator lends the rights of the secret that is named
 * there to this one, and carries its password to the host that stands beside it: whoever could name it without being
 * allowed to read it, would read it so.
 */
export async function mayNameMaster(
  value: string | undefined,
  deps: Pick<SecretsDeps, 'secrets' | 'accountId'>,
): Promise<Permission[]> {
  const arn = masterArnIn(value)
  // One of elsewhere is never read.
  if (arn === undefined || !arn.startsWith(secretArn(deps.accountId, ''))) return []
  return [await onSecret('GetSecretValue', arn, deps, parametersContext({ VersionStage: current }))]
}
