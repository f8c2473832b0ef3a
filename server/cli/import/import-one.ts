import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { Item } from './item.ts'
import { isDenied, isMissing } from './wire-failure.ts'

/** What becomes of a secret: made, given its first value, another value, or left. */
export type Fate = 'create' | 'fill' | 'overwrite' | 'same' | 'differs' | 'deleted'

export type Target = { client: SecretsManagerClient; overwrite: boolean; dryRun: boolean }

/**
 * Brings one secret in. Whether it is there is found by comparing values, not by a token made of them: such a token
 * would be stored beside the version, and tell whoever reads it which secrets have the same value. So a second run
 * finds all the same and makes nothing.
 */
export async function importOne(item: Item, { client, overwrite, dryRun }: Target): Promise<Fate> {
  const fate = await foresee(item, client)
  const settled = fate === 'differs' && overwrite ? 'overwrite' : fate
  if (dryRun) return settled
  const { name: Name, description: Description, tags: Tags, value } = item
  const given = typeof value === 'string' ? { SecretString: value } : { SecretBinary: value }
  if (settled === 'create') {
    await client.send(
      new CreateSecretCommand({ Name, Description, ...(Tags?.length ? { Tags: [...Tags] } : {}), ...given }),
    )
  }
  if (settled === 'fill' || settled === 'overwrite') {
    await client.send(new PutSecretValueCommand({ SecretId: Name, ...given }))
  }
  return settled
}

async function foresee({ name: SecretId, value }: Item, client: SecretsManagerClient): Promise<Fate> {
  try {
    const { DeletedDate } = await client.send(new DescribeSecretCommand({ SecretId }))
    if (DeletedDate !== undefined) return 'deleted'
  } catch (error) {
    // Of what is not there no policy can name the ARN, so that whoever may only make those that begin so is denied the look.
    // Should it be there all the same, making it is refused.
    if (isMissing(error) || isDenied(error)) return 'create'
    throw error
  }
  try {
    const there = await client.send(new GetSecretValueCommand({ SecretId }))
    return isSame(value, there.SecretString ?? there.SecretBinary) ? 'same' : 'differs'
  } catch (error) {
    if (isMissing(error)) return 'fill'
    throw error
  }
}

function isSame(one: Item['value'], other: Item['value'] | undefined): boolean {
  if (other === undefined || typeof one !== typeof other) return false
  return Buffer.from(one as string).equals(Buffer.from(other as string))
}
