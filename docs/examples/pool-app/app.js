/** An app that opens for guests, whose people log in with accounts of Rolecall's and keep their identity. */
import { openIdentity } from './identity.js'
import { logIn, Problem, retryAfter, tooMany } from './log-in.js'

const { endpoint, pool } = document.body.dataset
const identity = openIdentity({ endpoint, pool })
const refreshBeforeMs = 5 * 60_000
const tryAgainMs = 30_000
const element = id => document.getElementById(id)
const form = document.querySelector('form')

// In memory alone: whoever comes to this browser's storage later finds neither tokens nor credentials there.
/** Who is here: a guest without `logins`. Another object each time, so that late answers are known by it. */
let visitor = {}
let credentials
let timer

/** Gets credentials for whoever is here, and again before they end. */
async function refresh() {
  const asked = visitor
  const got = await getSession(asked).catch(error => ({ error }))
  // Somebody logged in or signed out meanwhile: this answer is another's.
  if (asked !== visitor) return
  if (got.error) throw got.error
  identity.keep(got.id)
  credentials = got.credentials
  refreshIn(credentials.expiration - refreshBeforeMs - Date.now())
  show(got)
  say(visitor.logins ? `You are logged in as ${visitor.email}.` : 'You are a guest.')
}

async function getSession({ logins }) {
  const got = await identity.getCredentials(logins)
  return { ...got, caller: await identity.callerOf(got.credentials) }
}

function refreshIn(ms) {
  clearTimeout(timer)
  timer = setTimeout(() => run(refresh), Math.max(ms, tryAgainMs))
}

async function enter(typed) {
  const before = visitor
  const logins = await logIn(endpoint, typed)
  if (visitor !== before) return
  const entering = { email: typed.email, logins }
  visitor = entering
  try {
    await refresh()
  } catch (error) {
    if (visitor === entering) visitor = before
    if (error.name === 'NotAuthorizedException') throw new Problem('This app does not take that account.')
    throw error
  }
  form.reset()
  element('second-factor').hidden = true
}

/** Leaves nothing for whoever uses this browser next, who is a guest of their own. */
async function signOut() {
  forget()
  identity.forget()
  await refresh()
}

function forget() {
  clearTimeout(timer)
  visitor = {}
  credentials = undefined
  form.reset()
  show({})
}

function show({ id = '–', caller = '–' }) {
  element('identity').textContent = id
  element('caller').textContent = caller
  element('access-key').textContent = credentials?.accessKeyId ?? '–'
  element('expiry').textContent = credentials?.expiration.toLocaleString() ?? '–'
  element('log-in').hidden = visitor.logins !== undefined
  element('refresh').hidden = credentials === undefined
  element('facts').hidden = credentials === undefined
  element('sign-out').hidden = visitor.logins === undefined
}

function say(status, problem = '') {
  element('status').textContent = status
  element('problem').textContent = problem
  element('problem').hidden = problem === ''
  element('problem').scrollIntoView({ block: 'nearest' })
}

async function run(step) {
  setBusy(true)
  element('problem').hidden = true
  const failure = await step().then(
    () => undefined,
    error => error,
  )
  setBusy(false)
  if (failure !== undefined) tell(failure)
}

/** Whoever wants to sign out may, whatever is going on. */
function setBusy(isBusy) {
  for (const control of document.querySelectorAll('#refresh, fieldset')) control.disabled = isBusy
}

function tell(error) {
  if (error.name === 'NotAuthorizedException') return askAgain()
  const status = element('status').textContent
  if (error instanceof Problem) {
    say(status, error.message)
    if (!error.needsSecondFactor) return
    element('second-factor').hidden = false
    return element('otp').focus()
  }
  const isThrottled = error.$metadata?.httpStatusCode === 429
  const seconds = retryAfter(error.$response?.headers['retry-after'])
  say(status, isThrottled ? tooMany(seconds) : 'Something is in the way just now. It is tried again.')
  refreshIn(seconds * 1000)
}

/** The identity is somebody's, and they have not shown, or not lately, that it is they. */
function askAgain() {
  forget()
  element('sign-out').hidden = false
  say('Log in to go on as yourself, or sign out to go on as somebody new.')
}

for (const name of ['register', 'forgotten']) {
  const search = new URLSearchParams({ return_url: location.origin + location.pathname })
  element(name).href = `${endpoint}/sign-in/accounts/${name}?${search}`
}
form.addEventListener('submit', event => {
  event.preventDefault()
  // Read first: what is disabled while a step runs is left out of it.
  const typed = Object.fromEntries(new FormData(form))
  run(() => enter(typed))
})
element('refresh').addEventListener('click', () => run(refresh))
element('sign-out').addEventListener('click', () => run(signOut))
show({})
run(refresh)
