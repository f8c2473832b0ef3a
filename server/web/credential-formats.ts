import { isoSeconds } from '../base/clock.ts'
import type { Credentials } from '../base/session.ts'

/** One way to take credentials along. */
export type CredentialFormat = { id: string; title: string; hint: string; text: string }

/** Any region does: there is only this one endpoint. The tools want to be told one all the same. */
const region = 'us-east-1'

export function credentialFormats(credentials: Credentials, publicUrl: string): CredentialFormat[] {
  const variables = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
  }
  const everything = { ...variables, AWS_ENDPOINT_URL: publicUrl, AWS_DEFAULT_REGION: region }
  return [
    {
      id: 'shell',
      title: 'Shell',
      hint: 'Paste it into a terminal; it holds for that terminal.',
      text: lines(everything, (name, value) => `export ${name}=${quote(value)}`),
    },
    {
      id: 'profile',
      title: 'Profile',
      hint: 'Add it to ~/.aws/credentials and choose the profile “rolecall”.',
      text: profile(credentials, publicUrl),
    },
    {
      id: 'json',
      title: 'JSON',
      hint: 'What a credential_process prints.',
      text: JSON.stringify(processOutput(credentials), undefined, 2),
    },
    {
      id: 'command',
      title: 'Try it',
      hint: 'Asks the service who you are now.',
      text: `${lines(variables, (name, value) => `${name}=${quote(value)} \\`)}\naws sts get-caller-identity --endpoint-url ${quote(publicUrl)} --region ${region}`,
    },
  ]
}

/** @see AWS CLI User Guide, "Sourcing credentials with an external process" */
function processOutput(credentials: Credentials): object {
  return {
    Version: 1,
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    Expiration: isoSeconds(credentials.expiresAtSeconds),
  }
}

function profile({ accessKeyId, secretAccessKey, sessionToken }: Credentials, publicUrl: string): string {
  return [
    '[rolecall]',
    `aws_access_key_id = ${accessKeyId}`,
    `aws_secret_access_key = ${secretAccessKey}`,
    `aws_session_token = ${sessionToken}`,
    `endpoint_url = ${publicUrl}`,
    `region = ${region}`,
  ].join('\n')
}

function lines(variables: Record<string, string>, line: (name: string, value: string) => string): string {
  return Object.entries(variables)
    .map(([name, value]) => line(name, value))
    .join('\n')
}

/** For a POSIX shell. */
function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`
}
