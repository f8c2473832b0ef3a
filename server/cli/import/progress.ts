import { printable } from '../render.ts'

export type Progress = {
  /** One more is done. @param line what to print of it where there is no bar, or in any case */
  step(line: string, always: boolean): void
  end(): void
}

const barWidth = 24

/** A bar where the output is a terminal; else a line for each. */
export function createProgress(output: NodeJS.WritableStream, count: number): Progress {
  const { isTTY = false } = output as NodeJS.WriteStream
  let done = 0
  const clear = () => isTTY && output.write('\r\u001b[2K')
  return {
    step(line, always) {
      done++
      clear()
      if (!isTTY || always) output.write(`${onOneLine(line)}\n`)
      if (!isTTY) return
      const share = count === 0 ? 1 : Math.min(1, done / count)
      const full = Math.round(share * barWidth)
      output.write(`${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${done} of ${count}`)
    },
    end: () => void clear(),
  }
}

/** The other side chooses names and messages: a line break in one would begin a line that seems to be ours. */
function onOneLine(text: string): string {
  return printable(text).replaceAll('\n', '\\u000a')
}
