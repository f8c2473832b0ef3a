import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from './temporary-folder.ts'

const run = promisify(execFile)

/** Runs `aws` with these arguments and answers what it printed, read as JSON; undefined when it printed nothing. */
export type AwsCli = (args: string[], env?: Record<string, string>) => Promise<unknown>

/**
 * The AWS CLI in an environment of its own: none of the caller's profiles, keys or settings, and no way to ask
 * a cloud's metadata service for any.
 */
export function isolatedAwsCli(endpoint: string): AwsCli {
  const home = temporaryFolder()
  const isolated = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    AWS_CONFIG_FILE: join(home, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL: endpoint,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_DEFAULT_OUTPUT: 'json',
    AWS_PAGER: '',
  }
  return async (args, env = {}) => {
    const { stdout } = await run('aws', args, { env: { ...isolated, ...env }, cwd: home, timeout: 120_000 })
    return stdout.trim() === '' ? undefined : JSON.parse(stdout)
  }
}

/** For node:test's `skip`: why the AWS CLI can't be tried here, or false. */
export async function whyNoAwsCli(): Promise<string | false> {
  try {
    await run('aws', ['--version'], { env: { PATH: process.env.PATH ?? '' }, timeout: 120_000 })
    return false
  } catch {
    return 'there is no aws command on the PATH that runs'
  }
}
