import { existsSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'

const relativeImport = /\bfrom\s*'(\.[^']+\.ts)'|\bimport\s*\(?\s*'(\.[^']+\.ts)'/g

/** Whether any of the test files imports the target, itself or by another one. Paths are from the root. */
export function anyImports(files: readonly string[], target: string): boolean {
  const seen = new Set(files)
  // A Set goes on to what is added while it is walked.
  for (const file of seen) {
    if (file === target) return true
    for (const [, from, bare = ''] of readFileSync(file, 'utf8').matchAll(relativeImport)) {
      const imported = normalize(join(file, '..', from ?? bare))
      // What only looks like an import, in a text, may name no file.
      if (imported.startsWith('test/') && existsSync(imported)) seen.add(imported)
    }
  }
  return false
}
