import { readFileSync, writeFileSync } from 'node:fs'

export type DemoPorts = { googlePort?: number | undefined; facebookPort?: number | undefined }

/** The ports of the last start; none when there was none, or when the file can't be read. */
export function readPorts(file: string): DemoPorts {
  try {
    const { googlePort, facebookPort }: Record<string, unknown> = JSON.parse(readFileSync(file, 'utf8'))
    return { googlePort: asPort(googlePort), facebookPort: asPort(facebookPort) }
  } catch {
    return {}
  }
}

export function writePorts(file: string, ports: DemoPorts): void {
  writeFileSync(file, `${JSON.stringify(ports)}\n`, { mode: 0o600 })
}

function asPort(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536
    ? value
    : undefined
}
