import type { Response } from 'express'
import { isoSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { AssumedRole } from '../federation/gate.ts'
import { credentialFormats } from './credential-formats.ts'
import { inWords } from './durations.ts'
import type { Pages } from './pages.ts'

/** The credentials are the answer to the POST itself: no address shows them again, and nothing keeps them. */
export async function showCredentials(
  { config, pages }: { config: { publicUrl: string }; pages: Pages },
  response: Response,
  assumed: AssumedRole,
  person?: FederatedIdentity,
): Promise<void> {
  const { issuedAtSeconds, expiresAtSeconds } = assumed.session
  await pages.render(response, 'credentials', {
    title: 'Your credentials',
    person,
    role: { name: assumed.role.name, arn: assumed.roleArn },
    sessionArn: assumed.arn,
    expiresAt: isoSeconds(expiresAtSeconds),
    expiresInWords: inWords(expiresAtSeconds - issuedAtSeconds),
    formats: credentialFormats(assumed.credentials, config.publicUrl),
  })
}
