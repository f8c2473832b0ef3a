import { isIP } from 'node:net'
import { CommandError } from './command.ts'

/** Of `--source-ip`: what is no address lies in no network, and a policy that keeps one out would be told to admit. */
export function requireAddress(sourceIp: string | undefined): void {
  if (sourceIp !== undefined && isIP(sourceIp) === 0)
    throw new CommandError('--source-ip is not an IP address')
}
