/** A button with `data-copy` copies the element that it names. The page is whole without it: text can be selected. */

const copied = document.querySelector('[data-copied]')

function select(element) {
  const selection = window.getSelection()
  selection.removeAllRanges()
  const range = document.createRange()
  range.selectNodeContents(element)
  selection.addRange(range)
}

/** @returns {Promise<boolean>} false where the browser has no clipboard for this page, or forbids it */
async function writeToClipboard(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

function offerCopy(button) {
  const source = document.getElementById(button.dataset.copy)
  const title = document.getElementById(`${button.dataset.copy}-title`).textContent
  let restoring

  button.addEventListener('click', async () => {
    const done = await writeToClipboard(source.textContent)
    if (!done) select(source)
    button.textContent = done ? 'Copied' : 'Selected: now copy'
    copied.textContent = done ? `${title}: copied.` : `${title}: selected. Copy with your keyboard.`

    clearTimeout(restoring)
    restoring = setTimeout(() => {
      button.textContent = 'Copy'
      // Emptied, or copying the same block again would change nothing and go unheard.
      copied.textContent = ''
    }, 4000)
  })
  button.hidden = false
}

for (const button of document.querySelectorAll('[data-copy]')) offerCopy(button)
