import type { SecretListEntry, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { GetSecretValueCommand, paginateListSecrets } from '@aws-sdk/client-secrets-manager'
import type { Item, Source, Unfit } from './item.ts'
import { sentenceOf } from './wire-failure.ts'

/**
 * What another service that speaks the wire has, AWS's own or one like ours. Each value is asked for when its turn comes,
 * and none of a secret that is not wanted.
 *
 * @param only how names must begin
 */
export async function readEndpointSource(client: SecretsManagerClient, only: string): Promise<Source> {
  const listed: SecretListEntry[] = []
  const pages = paginateListSecrets({ client, pageSize: 100 }, { SortOrder: 'asc' })
  for await (const { SecretList = [] } of pages) {
    listed.push(
      ...SecretList.filter(({ Name, DeletedDate }) => DeletedDate === undefined && Name?.startsWith(only)),
    )
  }
  return {
    count: listed.length,
    async *items() {
      for (const entry of listed) yield await readOne(client, entry)
    },
  }
}

async function readOne(client: SecretsManagerClient, entry: SecretListEntry): Promise<Item | Unfit> {
  const { ARN, Name: name = '', Description: description, Tags = [], OwningService } = entry
  if (OwningService !== undefined) return { name, unfit: `it is managed by ${OwningService} over there` }
  try {
    // By its ARN: a name that ends as ARNs do could mean another.
    const { SecretString, SecretBinary } = await client.send(
      new GetSecretValueCommand({ SecretId: ARN ?? name }),
    )
    const value = SecretString ?? SecretBinary
    if (value === undefined) return { name, unfit: 'it has no value over there' }
    const tags = Tags.flatMap(({ Key, Value = '' }) => {
      return Key === undefined || /^aws:/i.test(Key) ? [] : [{ Key, Value }]
    })
    return { name, value, tags, ...(description ? { description } : {}) }
  } catch (error) {
    return { name, unfit: `its value is not given: ${sentenceOf(error)}` }
  }
}
