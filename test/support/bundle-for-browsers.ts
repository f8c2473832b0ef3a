import { build, stop } from 'esbuild-wasm'

/** A module as browsers take it, with the packages that it imports in it, as their own makers mean them for browsers. */
export async function bundleForBrowsers(source: string): Promise<string> {
  try {
    const { outputFiles } = await build({
      stdin: { contents: source, resolveDir: import.meta.dirname },
      bundle: true,
      format: 'esm',
      platform: 'browser',
      // Only what is imported by parts that nobody uses, and that go: where one stayed, no browser would load it.
      external: ['node:*'],
      write: false,
      logLevel: 'silent',
    })
    return outputFiles[0]?.text ?? ''
  } finally {
    await stop()
  }
}
