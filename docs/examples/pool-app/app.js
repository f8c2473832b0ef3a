/**
 * An app whose guests may sign in and keep their identity, by `fetch` alone. AWS's SDK does the same:
 * `fromCognitoIdentityPool({ identityPoolId, logins, clientConfig: { endpoint, region: 'us-east-1' } })`.
 */

const { endpoint, pool } = document.body.dataset
const identityKey = `identity of ${pool}`
const refreshBeforeMs = 5 * 60_000
const tryAgainMs = 30_000

const show = (id, text) => {
  document.getElementById(id).textContent = text
}

// In memory alone: whoever comes to this browser's storage later finds neither tokens nor credentials there.
let logins = {}
let credentials
let timer

async function call(action, input) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityService.${action}`,
    },
    body: JSON.stringify(input),
  })
  const answer = await response.json()
  if (response.ok) return answer
  const mayPass = response.status === 429 || response.status >= 500
  throw Object.assign(new Error(answer.message), { refused: !mayPass })
}

async function credentialsFor(asked) {
  // A guest's id is the guest's only secret: whoever knows it is that guest.
  const kept = localStorage.getItem(identityKey)
  const IdentityId = kept ?? (await call('GetId', { IdentityPoolId: pool, Logins: asked })).IdentityId
  return call('GetCredentialsForIdentity', { IdentityId, Logins: asked })
}

/** Gets credentials for the identity that is kept here, or for a new one, and again before they end. */
async function refresh() {
  const asked = logins
  const answer = await credentialsFor(asked).catch(error => error)
  // Somebody signed in or out meanwhile: this answer is another's.
  if (asked !== logins) return
  if (answer instanceof Error) throw answer
  // Of somebody who has an identity already, the guest's becomes another name.
  localStorage.setItem(identityKey, answer.IdentityId)
  credentials = answer.Credentials
  const expiresAtMs = credentials.Expiration * 1000
  again(expiresAtMs - refreshBeforeMs - Date.now())
  show('identity', answer.IdentityId)
  show('access-key', credentials.AccessKeyId)
  show('expiry', new Date(expiresAtMs).toISOString())
  show('status', Object.keys(asked).length === 0 ? 'You are a guest.' : 'You are signed in.')
  document.getElementById('guest').hidden = true
}

function again(inMs) {
  clearTimeout(timer)
  timer = setTimeout(() => run(refresh), Math.max(inMs, tryAgainMs))
}

async function signIn(token) {
  const before = logins
  const shown = { [providerOf(token)]: token }
  logins = shown
  try {
    await refresh()
  } catch (error) {
    if (logins === shown) logins = before
    throw error
  }
}

/** The issuer as pools call it. Whether the token is genuine is found out by who gives credentials for it. */
function providerOf(token) {
  const claims = atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))
  return JSON.parse(claims).iss.replace(/^https?:\/\//, '')
}

/** Leaves nothing for whoever uses this browser next. */
function signOut() {
  clearTimeout(timer)
  localStorage.removeItem(identityKey)
  logins = {}
  credentials = undefined
  for (const id of ['identity', 'access-key', 'expiry']) show(id, '–')
  show('status', 'You are signed out.')
  document.getElementById('guest').hidden = false
}

async function run(step) {
  try {
    await step()
  } catch (error) {
    show('status', `${error.refused ? 'Refused' : 'That did not work'}: ${error.message}`)
    if (credentials !== undefined && !error.refused) again(tryAgainMs)
  }
}

document.getElementById('sign-in').addEventListener('submit', event => {
  event.preventDefault()
  const form = event.target
  const { token } = Object.fromEntries(new FormData(form))
  form.reset()
  run(() => signIn(token.trim()))
})
document.getElementById('guest').addEventListener('click', () => run(refresh))
document.getElementById('sign-out').addEventListener('click', signOut)
run(refresh)
