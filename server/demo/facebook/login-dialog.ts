import { type DemoPerson, findPerson } from '../people.ts'

/** What the dialog was opened with, once it's known that its answer may be sent to `redirectUri`. */
export type DialogRequest = {
  redirectUri: string
  state?: string
  scopes: readonly string[]
  codeChallenge?: string
}

/** A sentence for the person, who is the only one to be told: the address to answer is not trusted. */
export type DialogObjection = { title: string; sentence: string }

const grantable = ['public_profile', 'email']

/**
 * Checks a dialog's query. Nothing may be sent to an address that isn't registered, not even an error:
 * the dialog would be an open redirector, and a code would go to whoever asked.
 */
export function readDialogRequest(
  query: ReadonlyMap<string, string>,
  app: { appId: string; redirectUris: readonly string[] },
): DialogRequest | DialogObjection {
  if (query.get('client_id') !== app.appId) {
    return { title: 'App not found', sentence: 'No app with that client_id is known to this stand-in.' }
  }
  const redirectUri = query.get('redirect_uri')
  if (redirectUri === undefined || !app.redirectUris.includes(redirectUri)) {
    return { title: 'URL blocked', sentence: 'The redirect_uri is not one that this app has registered.' }
  }
  if ((query.get('response_type') ?? 'code') !== 'code') {
    return { title: 'Not supported', sentence: 'This stand-in knows only response_type=code.' }
  }
  const codeChallenge = query.get('code_challenge')
  if (codeChallenge !== undefined && query.get('code_challenge_method') !== 'S256') {
    return { title: 'Not supported', sentence: 'This stand-in knows only code_challenge_method=S256.' }
  }
  const state = query.get('state')
  return {
    redirectUri,
    scopes: grantedScopes(query.get('scope')),
    ...(state === undefined ? {} : { state }),
    ...(codeChallenge === undefined ? {} : { codeChallenge }),
  }
}

/** The person chosen; undefined when they cancelled, or chose nobody there is. */
export function chosenPerson(form: ReadonlyMap<string, string>): DemoPerson | undefined {
  return findPerson(form.get('person'))
}

/** Where the browser goes next, with a code or with the news that there is none. */
export function dialogAnswer({ redirectUri, state }: DialogRequest, code: string | undefined): string {
  const target = new URL(redirectUri)
  const answer: Record<string, string> =
    code === undefined
      ? {
          error: 'access_denied',
          error_code: '200',
          error_description: 'Permissions error',
          error_reason: 'user_denied',
        }
      : { code }
  for (const [name, value] of Object.entries(answer)) target.searchParams.set(name, value)
  if (state !== undefined) target.searchParams.set('state', state)
  return target.href
}

/** Facebook's scopes come with commas, OAuth's with spaces; the public profile is always granted. */
function grantedScopes(asked = ''): string[] {
  const wanted = new Set([...asked.split(/[ ,]+/), 'public_profile'])
  return grantable.filter(scope => wanted.has(scope))
}
