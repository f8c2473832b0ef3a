/**
 * Passkeys: each form with `data-passkey` holds what the browser is to ask an authenticator for, and is sent with its answer.
 * Without this, or in a browser that has no passkeys, such a form stays hidden.
 */
const forms = document.querySelectorAll('form[data-passkey]')

if (window.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined) {
  for (const form of forms) {
    form.hidden = false
    form.addEventListener('submit', event => {
      event.preventDefault()
      ask(form)
    })
  }
  for (const one of document.querySelectorAll('[data-with-passkeys]')) one.hidden = false
}

async function ask(form) {
  const said = form.querySelector('[data-said]')
  said.textContent = ''
  const options = JSON.parse(form.dataset.options)
  try {
    const credential =
      form.dataset.passkey === 'add'
        ? await navigator.credentials.create({
            publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
          })
        : await navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
          })
    form.elements.response.value = JSON.stringify(credential)
    form.submit()
  } catch (error) {
    const isKnown = error.name === 'InvalidStateError'
    said.textContent = isKnown ? 'That passkey is there already.' : 'No passkey was shown. Please try again.'
  }
}
