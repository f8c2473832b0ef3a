import { createPrivateKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { Clock } from '../base/clock.ts'
import type { Keyring } from '../keys/keyring.ts'
import { openRecord, sealRecord } from '../keys/sealed-record.ts'
import { selfSignedCertificate } from '../saml/self-signed-certificate.ts'
import type { RequestKey } from '../saml/service-provider.ts'
import { type Settings, sealedSettingPrefix } from '../store/settings.ts'

export type SamlRequestKeys = {
  /** The key that signs, made on first use. */
  signing(): Promise<RequestKey>
  /** All that our metadata name, the one that signs first. */
  published(): Promise<RequestKey[]>
}

export type SamlRequestKeyDeps = {
  settings: Pick<Settings, 'find' | 'claim'>
  keyring: Keyring
  clock: Clock
  /** The numbers of the keys: the first signs, all are published. */
  numbers: readonly number[]
}

const generate = promisify(generateKeyPair)
const lifetimeMs = 10 * 365 * 86_400_000

/**
 * The keys that sign our requests to SAML providers. Unlike the keys of tokens they stay when the master key is changed:
 * every provider's operator has to be told of a new one. So it is the operator who makes one, by a new number: first
 * published beside the old one, then signing, then alone.
 */
export function createSamlRequestKeys(deps: SamlRequestKeyDeps): SamlRequestKeys {
  const opened = new Map<number, Promise<RequestKey>>()

  function open(number: number): Promise<RequestKey> {
    const known = opened.get(number)
    if (known !== undefined) return known
    const key = openOrMake(deps, `${sealedSettingPrefix}saml-request-key-${number}`)
    opened.set(number, key)
    // What failed is tried anew.
    key.catch(() => opened.delete(number))
    return key
  }

  const [first = 1] = deps.numbers
  return {
    signing: () => open(first),
    published: () => Promise.all(deps.numbers.map(open)),
  }
}

/** Of nodes that make it at once, all take the one that was first. */
async function openOrMake(
  { settings, keyring, clock }: SamlRequestKeyDeps,
  name: string,
): Promise<RequestKey> {
  const kept =
    (await settings.find(name)) ?? (await settings.claim(name, seal(keyring, name, await make(clock()))))
  const plain = openRecord(keyring, 'secret-at-rest', Buffer.from(kept, 'base64'), name)
  if (plain === undefined) throw new Error(`${name} in the store can’t be opened`)
  const { key, certificate } = JSON.parse(plain.toString('utf8'))
  return { privateKey: createPrivateKey(key), certificate }
}

async function make(nowMs: number): Promise<string> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 })
  const serial = randomBytes(16)
  const about = { name: 'Rolecall', serial, fromMs: nowMs, untilMs: nowMs + lifetimeMs }
  const certificate = selfSignedCertificate(privateKey, about).toString('base64')
  return JSON.stringify({ key: pem(privateKey), certificate })
}

function pem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString()
}

function seal(keyring: Keyring, name: string, text: string): string {
  return sealRecord(keyring, 'secret-at-rest', Buffer.from(text), name).toString('base64')
}
