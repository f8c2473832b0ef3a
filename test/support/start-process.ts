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

type Launch = {
  args?: string[]
  /** The whole environment, apart from PATH: nothing leaks in from whoever runs the tests. */
  env?: Record<string, string>
}

/** Starts one of our own files as a process of its own and waits for a line that says it is ready. */
export function startProcess(
  file: string,
  { ready, ...how }: Launch & { ready: RegExp },
): Promise<StartedProcess> {
  return new Promise((resolve, reject) => {
    const { child, output, ended } = launch(file, how, line => {
      const match = ready.exec(line)
      if (match === null) return
      resolve({
        child,
        ready: match[1] ?? '',
        output,
        async stop(signal = 'SIGTERM') {
          child.kill(signal)
          return ended
        },
      })
    })
    ended.then(code => reject(new Error(`${file} ended with ${code}:\n${output()}`)))
  })
}

/**
 * Runs one of our own files as a process of its own that ends by itself.
 *
 * @param until a line after which it would not: the process is killed, and its code is null
 */
export async function runProcess(
  file: string,
  { until, ...how }: Launch & { until: RegExp },
): Promise<{ code: number | null; output: string }> {
  const { child, output, ended } = launch(file, how, line => until.test(line) && child.kill('SIGKILL'))
  return { code: await ended, output: output() }
}

function launch(file: string, { args = [], env = {} }: Launch, onLine: (line: string) => void) {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const read = (line: string) => {
    lines.push(line)
    onLine(line)
  }
  createInterface({ input: child.stdout }).on('line', read)
  createInterface({ input: child.stderr }).on('line', read)
  // Not `exit`: what it printed last may still be on its way then.
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  return { child, output: () => lines.join('\n'), ended }
}
