import type { Permission } from '../../../authorization/authorize.ts'
import { defineAction } from '../../../aws/action.ts'
import { flag, optional, params, text } from '../../../aws/params.ts'
import { functionArn } from '../../../base/arn.ts'
import { Refusal } from '../../../base/refusal.ts'
import type { SecretsDeps } from '../../deps.ts'

/** As names of Lambda functions are. */
const rotatorName = text({ min: 1, max: 64, pattern: /^[\w-]+$/, patternText: '[a-zA-Z0-9-_]+' })
/** Names that we keep for what is built in, now or later. */
const reserved = /^rolecall-/i

/**
 * Registers a webhook that rotates secrets elsewhere, or gives one another address or signing secret. The secret is in
 * the answer when it is made, and never again. Rolecall's own.
 *
 * @throws {Refusal} entity.invalid
 */
export const putRotator = defineAction({
  name: 'PutRotator',
  auth: 'signed',
  writes: true,
  input: params({
    Name: rotatorName,
    Url: text({ min: 1, max: 2048 }),
    RenewSecret: optional(flag(), false),
  }),
  permission: ({ Name }, { accountId }: SecretsDeps) => onRotator('PutRotator', functionArn(accountId, Name)),
  // Not all of it: the path or the query may be what keeps strangers out there.
  recorded: ({ Url, RenewSecret }) => ({ at: URL.parse(Url)?.origin, renewSecret: RenewSecret }),
  async handle({ Name: name, Url, RenewSecret }, { accountId, rotation, clock }) {
    if (reserved.test(name)) throw invalid('Names that begin with rolecall- are those of built-in rotators.')
    const url = requireUrl(Url, rotation.allowLoopbackHttp)
    const nowMs = clock()
    const there = await rotation.rotators.find(name)
    const made = there === undefined || RenewSecret ? rotation.newSecret(name) : undefined
    const sealedSecret = made?.sealed ?? there?.sealedSecret ?? Buffer.alloc(0)
    const createdAtMs = there?.createdAtMs ?? nowMs
    await rotation.rotators.put({ name, url, sealedSecret, createdAtMs, changedAtMs: nowMs })
    return { Name: name, ARN: functionArn(accountId, name), Url: url, Secret: made?.shown }
  },
})

/** Those that are registered, without their secrets; and those that are built in. Rolecall's own. */
export const listRotators = defineAction({
  name: 'ListRotators',
  auth: 'signed',
  input: params({}),
  permission: () => onRotator('ListRotators', '*'),
  async handle(_asked, { accountId, rotation }: SecretsDeps) {
    const registered = await rotation.rotators.list()
    return {
      Rotators: [
        ...[...rotation.builtIn].map(name => ({ Name: name, ARN: functionArn(accountId, name) })),
        ...registered.map(({ name, url, createdAtMs, changedAtMs }) => ({
          Name: name,
          ARN: functionArn(accountId, name),
          Url: url,
          CreatedDate: createdAtMs / 1000,
          LastChangedDate: changedAtMs / 1000,
        })),
      ],
    }
  },
})

/**
 * Rotations that it did fail from then on, until their secrets name another, or it is registered anew. Rolecall's own.
 *
 * @throws {Refusal} entity.missing
 */
export const deleteRotator = defineAction({
  name: 'DeleteRotator',
  auth: 'signed',
  writes: true,
  input: params({ Name: rotatorName }),
  permission: ({ Name }, { accountId }: SecretsDeps) =>
    onRotator('DeleteRotator', functionArn(accountId, Name)),
  async handle({ Name }, { rotation }) {
    if (await rotation.rotators.delete(Name)) return {}
    throw new Refusal('entity.missing', { said: { message: `There is no rotator ${Name}.` } })
  },
})

function onRotator(action: string, resource: string): Permission {
  return { action: `secretsmanager:${action}`, resource }
}

/** @throws {Refusal} entity.invalid */
function requireUrl(text: string, allowLoopbackHttp: boolean): string {
  const url = URL.parse(text)
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? ''
  const isLoopback = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|::1)$/.test(host)
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback && allowLoopbackHttp)
  if (url === null || !isSafe || url.username !== '' || url.password !== '' || url.hash !== '') {
    throw invalid('Url must be https, without user, password or fragment.')
  }
  return url.href
}

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}
