import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** No test leaves this machine: every other name fails to resolve, whatever a page asks for. */
const loopbackOnly =
  'MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]'

export function findChromium(): string | undefined {
  return usualPlaces.find(path => existsSync(path))
}

/** For node:test's `skip`: a reason where there is no browser, but never under CI=true, which must fail loudly. */
export const skipWithoutChromium: string | false =
  findChromium() !== undefined || process.env.CI === 'true' ? false : 'chromium is not installed'

/**
 * A headless Chromium. The caller closes it.
 *
 * @throws when there is none on this machine.
 */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('chromium is not installed')
  return chromium.launch({
    executablePath,
    // Chromium's sandbox does not work for root; for everybody else it stays on.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=${loopbackOnly}`,
    ],
  })
}
