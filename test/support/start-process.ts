import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export type StartedProcess = {
  child: ChildProcess
  /** The first group of `ready` in the line that matched. */
  ready: string
  /** Everything it printed so far. */
  output(): string
  /** Ends it and waits for its end. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/**
 * Starts one of our own files as a process of its own and waits for a line that says it is ready.
 *
 * @param env the whole environment, apart from PATH: nothing leaks in from whoever runs the tests
 */
export function startProcess(
  file: string,
  { args = [], env = {}, ready }: { args?: string[]; env?: Record<string, string>; ready: RegExp },
): Promise<StartedProcess> {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const exited = new Promise<number | null>(resolve => child.on('exit', resolve))
  return new Promise((resolve, reject) => {
    const read = (line: string) => {
      lines.push(line)
      const match = ready.exec(line)
      if (match === null) return
      resolve({
        child,
        ready: match[1] ?? '',
        output: () => lines.join('\n'),
        async stop(signal = 'SIGTERM') {
          child.kill(signal)
          return exited
        },
      })
    }
    createInterface({ input: child.stdout }).on('line', read)
    createInterface({ input: child.stderr }).on('line', read)
    child.on('exit', code => reject(new Error(`${file} ended with ${code}:\n${lines.join('\n')}`)))
  })
}
