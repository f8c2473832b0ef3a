import type { TestIssuer } from '../support/issuer.ts'
import { type FormAnswer, postForm } from '../support/post-form.ts'

export type Changes = Readonly<Record<string, string | undefined>>

export const actionName = 'AssumeRoleWithWebIdentity'

/** Posts a sound AssumeRoleWithWebIdentity, but for what is given. An undefined parameter is left out. */
export function createAsker(service: { port: number }, issuer: TestIssuer, roleArn: string) {
  return (changes: Changes = {}): Promise<FormAnswer> => {
    const form: Changes = {
      Action: actionName,
      Version: '2011-06-15',
      RoleArn: roleArn,
      RoleSessionName: 'ada',
      WebIdentityToken: issuer.sign(),
      ...changes,
    }
    const given = Object.entries(form).filter((pair): pair is [string, string] => pair[1] !== undefined)
    return postForm(service, Object.fromEntries(given))
  }
}
