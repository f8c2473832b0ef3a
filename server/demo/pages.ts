import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { type DemoPerson, demoPeople } from './people.ts'

/** Text that is markup already. Only `html` makes it, so nothing else reaches a page unescaped. */
type Html = { readonly markup: string }

export type StandInFor = 'Google' | 'Facebook'

const style = readFileSync(new URL('stand-in.css', import.meta.url))

/** The page that a sign-in starts on. `asker` is the host to return to; `action` takes a POST of `person`, or of `cancel`. */
export function peoplePage(standsFor: StandInFor, asker: string, action: string): string {
  return page(
    standsFor,
    'Choose who to be',
    html`<p class="asker">for <strong>Rolecall</strong> at ${asker}</p>
      <form method="post" action="${action}">
        <ul class="people">${demoPeople.map(personButton)}</ul>
        <button class="cancel" name="cancel" value="yes">Cancel</button>
      </form>`,
  )
}

/** What a visitor sees who opens the stand-in by hand. `samplePath` leads to each person's token. */
export function welcomePage(standsFor: StandInFor, samplePath: string, kindOfToken: string): string {
  return page(
    standsFor,
    'Nothing to sign in to here',
    html`<p>Start at the service's own sign-in page; it sends you back here to choose who you are.</p>
      <p>For the command line, each sample person has ${kindOfToken}:</p>
      <ul class="links">${demoPeople.map(
        person =>
          html`<li><a href="${samplePath}${person.key}">${samplePath}${person.key}</a>
            <span class="about" lang="${person.language}">${person.name}</span></li>`,
      )}</ul>`,
  )
}

/** `sentence` is shown to the visitor as it is. */
export function problemPage(standsFor: StandInFor, title: string, sentence: string): string {
  return page(standsFor, title, html`<p role="alert">${sentence}</p>`)
}

/**
 * The policy for a page. Browsers hold `form-action` against the redirects that follow a form too, so
 * the client's own origin must stand in it or choosing a person would lead nowhere.
 */
export function pagePolicy(formTargets: readonly string[] = []): string {
  const targets = ["'self'", ...formTargets].join(' ')
  return `default-src 'none'; style-src 'self'; img-src data:; form-action ${targets}; base-uri 'none'; frame-ancestors 'none'`
}

export function sendPage(
  response: ServerResponse,
  status: number,
  markup: string,
  formTargets: readonly string[] = [],
): void {
  response.setHeader('Content-Security-Policy', pagePolicy(formTargets))
  send(response, status, 'text/html; charset=utf-8', markup)
}

export function sendStyle(response: ServerResponse): void {
  send(response, 200, 'text/css; charset=utf-8', style)
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  send(response, status, 'text/plain; charset=utf-8', text)
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

function page(standsFor: StandInFor, title: string, content: Html): string {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title} - stand-in for ${standsFor}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/stand-in.css">
  </head>
  <body>
    <main>
      <p class="sign">Stand-in for ${standsFor}</p>
      <h1>${title}</h1>
      ${content}
      <p class="note">This is a stand-in for ${standsFor}, running on your own machine. Nobody here is
        real, no password is asked for, and nothing is sent to ${standsFor}.</p>
    </main>
  </body>
</html>
`.markup
}

function personButton(person: DemoPerson): Html {
  const caution = person.emailVerified ? html`` : html`<span class="caution">e-mail not verified</span>`
  return html`<li>
    <button class="person" name="person" value="${person.key}">
      <span class="initial" aria-hidden="true">${Array.from(person.givenName)[0] ?? ''}</span>
      <span class="who">
        <span class="name" lang="${person.language}">${person.name}</span>
        <span class="about">${person.email}</span>
        ${caution}
      </span>
    </button>
  </li>`
}

function html(texts: TemplateStringsArray, ...values: (string | Html | readonly Html[])[]): Html {
  let markup = texts[0] ?? ''
  values.forEach((value, at) => {
    markup += toMarkup(value) + (texts[at + 1] ?? '')
  })
  return { markup }
}

function toMarkup(value: string | Html | readonly Html[]): string {
  if (typeof value === 'string')
    return value.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
  return 'markup' in value ? value.markup : value.map(part => part.markup).join('')
}
