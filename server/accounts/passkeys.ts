import { createHash } from 'node:crypto'
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { Refusal } from '../base/refusal.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { Account } from '../store/accounts.ts'
import type { Passkey } from '../store/passkeys.ts'
import { requireChange } from './change.ts'
import type { AccountDeps } from './deps.ts'
import type { Factors } from './factors.ts'
import type { Method } from './identity.ts'
import { mails } from './mails.ts'
import { plainText } from './plain-text.ts'
import { openTicket, sealTicket } from './tickets.ts'

/** Loaded with the first passkey: it brings two hundred files. */
const library = () => import('@simplewebauthn/server')

const challengeSeconds = 600
/** EdDSA, ES256 and RS256 by their COSE numbers: what authenticators have. */
const supportedAlgorithmIDs = [-8, -7, -257]
const mostPasskeys = 20
const longestName = 60

/** Who showed it, and by what. */
export type PasskeyShown = { account: Account; methods: readonly Method[] }

/** What a challenge is for: to add one to an account, to log in as anybody, or as whom the password was shown for. */
const toAdd = (subject: string) => `passkey to add ${subject}`
const toLogIn = (subject = '') => `passkey to log in ${subject}`

export type PasskeyCeremonies = ReturnType<typeof createPasskeyCeremonies>

/**
 * Passkeys, by WebAuthn. A challenge is a sealed ticket: a stranger who asks for one leaves nothing behind, and one
 * that was answered is remembered until it would be over. The authenticator must have verified its user each time, so
 * that a passkey is two factors by itself.
 *
 * @see Web Authentication Level 3, sections 7.1 and 7.2
 */
export function createPasskeyCeremonies(deps: AccountDeps, factors: Factors) {
  const { passkeys, accounts, publicUrl } = deps
  const rpID = new URL(publicUrl).hostname

  const challengeFor = (purpose: string) =>
    Uint8Array.from(Buffer.from(sealTicket(deps, purpose, {}, challengeSeconds), 'base64url'))

  function isOpen(purpose: string, challenge: string): boolean {
    return openTicket(deps, purpose, challenge) !== undefined
  }

  /** @throws {Refusal} password.refused when it was answered before */
  async function useChallenge(purpose: string, challenge: string): Promise<void> {
    const opened = openTicket(deps, purpose, challenge)
    const hash = createHash('sha256').update(`passkey ${challenge}`).digest('base64url')
    if (opened === undefined || !(await deps.usedProofs.use(hash, opened.untilMs)))
      throw refused('a challenge twice')
  }

  async function verify(response: AuthenticationResponseJSON, purpose: string): Promise<PasskeyShown> {
    // What is no base64url is no credential's id: PostgreSQL would not take a NUL.
    const isId = typeof response.id === 'string' && /^[\w-]{1,1400}$/.test(response.id)
    const passkey = isId ? await passkeys.find(response.id) : undefined
    if (passkey === undefined) throw refused('an unknown passkey')
    let challenge = ''
    const { verified, authenticationInfo } = await (await library())
      .verifyAuthenticationResponse({
        response,
        expectedChallenge: given => {
          challenge = given
          return isOpen(purpose, given)
        },
        expectedOrigin: publicUrl,
        expectedRPID: rpID,
        credential: {
          id: passkey.id,
          publicKey: Uint8Array.from(passkey.publicKey),
          counter: passkey.counter,
        },
        requireUserVerification: true,
      })
      .catch((error: unknown) => {
        throw refused(`a passkey: ${error instanceof Error ? error.message.slice(0, 200) : 'unreadable'}`)
      })
    if (!verified) throw refused('a passkey’s signature')
    await useChallenge(purpose, challenge)
    if (!(await passkeys.takeCounter(passkey.id, authenticationInfo.newCounter, deps.clock())))
      throw refused('a passkey’s counter: it was copied')
    const account = await accounts.find(passkey.subject)
    if (account === undefined) throw refused('the account is gone')
    return { account, methods: methodsOf(passkey) }
  }

  return {
    list: (subject: string) => passkeys.listOf(subject),

    /** For the page that asks for one; with an account, only its own are. */
    async logInOptions(account?: Account): Promise<object> {
      const known = account === undefined ? [] : await passkeys.listOf(account.subject)
      return (await library()).generateAuthenticationOptions({
        rpID,
        challenge: challengeFor(toLogIn(account?.subject)),
        userVerification: 'required',
        allowCredentials: known.map(({ id, transports }) => ({ id, transports: [...transports] })),
      })
    },

    /**
     * @param account whose password was shown before; anybody's where it was not
     * @throws {Refusal} password.refused | request.throttled
     */
    async logIn(text: string, { sourceIp }: RequestFacts, account?: Account): Promise<PasskeyShown> {
      const response = readJson<AuthenticationResponseJSON>(text)
      // By its own id, which a stranger does not know: nobody's wrong answers shut others out.
      return deps.attempt({ name: `passkey ${String(response.id).slice(0, 1_400)}`, sourceIp }, async () => {
        const shown = await verify(response, toLogIn(account?.subject))
        if (account !== undefined && shown.account.subject !== account.subject)
          throw refused('another’s passkey')
        return shown
      })
    },

    async addOptions({ subject, email, name }: Account): Promise<object> {
      const known = await passkeys.listOf(subject)
      return (await library()).generateRegistrationOptions({
        rpName: 'Rolecall',
        rpID,
        challenge: challengeFor(toAdd(subject)),
        userID: Uint8Array.from(Buffer.from(subject)),
        userName: email,
        userDisplayName: name ?? email,
        attestationType: 'none',
        supportedAlgorithmIDs,
        excludeCredentials: known.map(({ id, transports }) => ({ id, transports: [...transports] })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      })
    },

    /** @throws {Refusal} password.refused | entity.exists | entity.limit | audit.unavailable */
    async add(account: Account, text: string, name: string, facts: RequestFacts): Promise<void> {
      const { subject } = account
      if ((await passkeys.listOf(subject)).length >= mostPasskeys) throw new Refusal('entity.limit')
      const response = readJson<RegistrationResponseJSON>(text)
      let challenge = ''
      const { verified, registrationInfo } = await (await library())
        .verifyRegistrationResponse({
          response,
          expectedChallenge: given => {
            challenge = given
            return isOpen(toAdd(subject), given)
          },
          expectedOrigin: publicUrl,
          expectedRPID: rpID,
          requireUserVerification: true,
          supportedAlgorithmIDs,
        })
        .catch((error: unknown) => {
          throw refused(
            `a new passkey: ${error instanceof Error ? error.message.slice(0, 200) : 'unreadable'}`,
          )
        })
      if (!verified) throw refused('a new passkey')
      await useChallenge(toAdd(subject), challenge)
      const { credential, credentialDeviceType } = registrationInfo
      await factors.record(account, 'passkey added', facts)
      // What was begun before knows nothing of it: a log-in by password alone, most of all.
      await requireChange(deps, account, {})
      await passkeys.create({
        id: credential.id,
        subject,
        name: readName(name),
        publicKey: Buffer.from(credential.publicKey),
        counter: credential.counter,
        synced: credentialDeviceType === 'multiDevice',
        transports: (credential.transports ?? []).filter(one => /^[a-z-]{1,20}$/.test(one)).slice(0, 8),
        createdAtMs: deps.clock(),
      })
      deps.mailer.send(mails.changed(account.email, 'a passkey was added', deps))
    },

    rename: (subject: string, id: string, name: string) => passkeys.rename(subject, id, readName(name)),

    /** @throws {Refusal} entity.missing | entity.inUse for the last one of an account that has no password */
    async remove(account: Account, id: string, facts: RequestFacts): Promise<void> {
      const known = await passkeys.listOf(account.subject)
      if (!known.some(one => one.id === id)) throw new Refusal('entity.missing')
      if (account.passwordHash === undefined && known.length < 2) throw new Refusal('entity.inUse')
      await factors.record(account, 'passkey removed', facts)
      await requireChange(deps, account, { removedPasskey: id })
      await factors.dropIdleCodes(account)
      deps.mailer.send(mails.changed(account.email, 'a passkey was removed', deps))
    },

    /** From then on passkeys alone let them in. @throws {Refusal} entity.inUse without one */
    async removePassword(account: Account, facts: RequestFacts): Promise<void> {
      if ((await passkeys.listOf(account.subject)).length === 0) throw new Refusal('entity.inUse')
      await factors.record(account, 'password removed', facts)
      await requireChange(deps, account, { passwordHash: null })
      deps.mailer.send(mails.changed(account.email, 'the password was removed', deps))
    },
  }
}

/** Without attestation, all that is known is whether the key may leave its device. @see RFC 8176, section 2 */
function methodsOf({ synced }: Passkey): readonly Method[] {
  return [synced ? 'swk' : 'hwk', 'user', 'mfa']
}

function readJson<Shape>(text: string): Shape {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null) return parsed as Shape
  } catch {
    // Said below.
  }
  throw refused('what a passkey answered is no JSON')
}

function readName(text: string): string {
  const name = [...plainText(text)].slice(0, longestName).join('')
  return name === '' ? 'Passkey' : name
}

function refused(detail: string): Refusal {
  return new Refusal('password.refused', { detail })
}
