/** What went wrong, in words for whoever sits there. */
export class Problem extends Error {
  constructor(words, { needsSecondFactor = false } = {}) {
    super(words)
    this.needsSecondFactor = needsSecondFactor
  }
}

/**
 * Shows the password at `POST /token`, in its body: an address would be in logs and in the history.
 *
 * @returns the login as identity pools take it, by the name of the provider
 * @throws {Problem}
 */
export async function logIn(endpoint, { email, password, otp }) {
  const form = { grant_type: 'password', provider_id: 'accounts', username: email, password, otp }
  const { response, answer } = await post(`${endpoint}/token`, form)
  if (response.ok) return { [`${new URL(endpoint).host}/accounts`]: answer.id_token }
  if (response.status === 429) throw new Problem(tooMany(retryAfter(response.headers.get('retry-after'))))
  if (answer.error === 'interaction_required')
    throw new Problem('Your account has a second factor. Type its code as well.', { needsSecondFactor: true })
  // Which of them was wrong nobody is told, so that nobody finds out who has an account.
  if (answer.error === 'invalid_grant')
    throw new Problem(
      `The mail address${otp ? ', the password or the code' : ' or the password'} is not right.`,
    )
  throw new Problem(`You could not be logged in: ${answer.error_description}.`)
}

async function post(url, form) {
  try {
    const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
    return { response, answer: await response.json() }
  } catch {
    throw new Problem('The log-in could not be reached. Look at your connection, and try again.')
  }
}

/** Seconds, as a `Retry-After` says them. */
export function retryAfter(header) {
  return Number(header) || 30
}

export function tooMany(seconds) {
  const [count, unit] = seconds < 100 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute']
  return `Too many tries. Try again in ${count} ${unit}${count === 1 ? '' : 's'}.`
}
