import { X509Certificate } from 'node:crypto'
import { samlProviderArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import { takesRequests } from '../saml/authn-request.ts'
import { serviceProviderAt } from '../saml/service-provider.ts'
import type { SamlProviderRecord } from '../saml/verify-response.ts'
import type { SamlProvider } from '../store/saml-providers.ts'
import { clockStep } from './clock-step.ts'
import type { Asked, ProviderTestDeps } from './deps.ts'
import { proofSteps } from './proof-steps.ts'
import { inDays, ok, problem, type Step, skipped, warning } from './step.ts'

const metadataCheck = 'Metadata'
const soonMs = 30 * 86_400_000

/** Walks a SAML provider through. All that we know of it is in its metadata; we never call it ourselves. */
export async function* samlSteps(
  provider: SamlProvider,
  deps: ProviderTestDeps,
  asked: Asked,
): AsyncGenerator<Step> {
  const arn = samlProviderArn(deps.accountId, provider.name)
  const record = await readRecord(arn, deps)
  if (typeof record === 'string') {
    yield problem(metadataCheck, `They can’t be read: ${record}.`, renewMetadata(arn))
    return
  }
  const nowMs = deps.clock()
  yield metadataStep(record, nowMs)
  for (const certificate of record.signingCertificates) yield certificateStep(certificate, nowMs, arn)
  yield browserStep(record)
  yield encryptionStep(provider, record)
  const { acsUrl, entityId } = serviceProviderAt(deps.config.publicUrl)
  yield ok('Us, over there', `Responses go to ${acsUrl} by POST; audience and entity id are ${entityId}`)
  yield await dateStep(record, deps)
  yield* proofSteps(
    {
      what: 'SAML response',
      verify: proof => deps.proofs.verifySamlResponse(inBase64(proof), arn, asked.sourceIp ?? '127.0.0.1'),
    },
    deps,
    asked,
  )
}

async function readRecord(arn: string, { proofs }: ProviderTestDeps): Promise<SamlProviderRecord | string> {
  try {
    return (await proofs.findSamlProvider(arn)) ?? 'it is not registered'
  } catch (error) {
    if (error instanceof Refusal) return error.said.message ?? error.reason
    throw error
  }
}

function metadataStep({ entityId, validUntilMs }: SamlProviderRecord, nowMs: number): Step {
  if (validUntilMs === undefined) return ok(metadataCheck, `Of ${entityId}, valid until they are replaced.`)
  const change = 'Fetch its metadata anew and update the provider (UpdateSAMLProvider).'
  if (validUntilMs <= nowMs) {
    const says = `Of ${entityId}; they expired ${inDays(nowMs - validUntilMs)} ago, and no response is taken.`
    return problem(metadataCheck, says, change)
  }
  const says = `Of ${entityId}, valid for ${inDays(validUntilMs - nowMs)}.`
  return validUntilMs - nowMs < soonMs ? warning(metadataCheck, says, change) : ok(metadataCheck, says)
}

/** Its dates count for nothing here; they say when the provider is likely to sign with another. */
function certificateStep(pem: string, nowMs: number, arn: string): Step {
  const certificate = new X509Certificate(pem)
  const check = 'Signing certificate'
  const endsAtMs = Date.parse(certificate.validTo)
  const which = `SHA-256 ${certificate.fingerprint256.slice(0, 23)}…`
  if (endsAtMs <= nowMs) {
    const says = `${which} expired ${inDays(nowMs - endsAtMs)} ago. Its key still counts; the provider may have another by now.`
    return warning(check, says, renewMetadata(arn))
  }
  const says = `${which}, good for ${inDays(endsAtMs - nowMs)}.`
  return endsAtMs - nowMs < soonMs ? warning(check, says, renewMetadata(arn)) : ok(check, says)
}

function renewMetadata(arn: string): string {
  return `Fetch the provider's metadata and put them in: aws iam update-saml-provider --saml-provider-arn ${arn} --saml-metadata-document file://metadata.xml`
}

function browserStep(record: SamlProviderRecord): Step {
  const check = 'Single sign-on'
  if (takesRequests(record)) return ok(check, 'Browsers can be sent there with a request.')
  return warning(
    check,
    'Its metadata name no https address for HTTP-Redirect or HTTP-POST, so that the sign-in page does not offer it.',
    'Nothing, for AssumeRoleWithSAML alone. Else have one of these bindings switched on there, and update the metadata.',
  )
}

function encryptionStep({ privateKeys }: SamlProvider, record: SamlProviderRecord): Step {
  const check = 'Encryption'
  const [kept, open] = [privateKeys.length, record.decryptionKeys.length]
  if (open < kept) {
    const change = 'Run this with the master key of the service (ROLECALL_MASTER_KEY, ROLECALL_DATA_DIR).'
    return problem(check, `${kept - open} of ${kept} private keys can’t be opened.`, change)
  }
  if (record.encryptionRequired && open === 0) {
    const change = 'Add a private key (UpdateSAMLProvider), or no longer require encryption.'
    return problem(check, 'Assertions must be encrypted, and there is no key that opens them.', change)
  }
  const keys = `${open} private key${open === 1 ? '' : 's'}`
  return ok(
    check,
    record.encryptionRequired ? `Required, with ${keys}.` : `Taken but not required, with ${keys}.`,
  )
}

/** It need not be reachable from here: only the browser goes there. */
async function dateStep(
  { singleSignOn }: SamlProviderRecord,
  { outbound, clock }: ProviderTestDeps,
): Promise<Step> {
  const [first] = singleSignOn
  if (first === undefined) return skipped('Clock', 'There is no address to ask.')
  try {
    const { headers } = await outbound.fetchText(first.url, { redirects: 'answered' })
    return clockStep({ headers, atMs: clock() })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return skipped('Clock', `It can’t be asked from here, and need not be: ${error.detail}.`)
  }
}

/** As it is posted, or as a browser's tools show it. */
function inBase64(proof: string): string {
  return proof.trimStart().startsWith('<') ? Buffer.from(proof).toString('base64') : proof.replace(/\s/g, '')
}
