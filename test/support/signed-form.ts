import { type FormAnswer, postForm } from './post-form.ts'
import type { Keys, TestRolecall } from './rolecall.ts'
import { signRequest } from './sign-request.ts'

/** A signed form, for actions and services that no SDK at hand knows. */
export function postSigned(
  { port, rootKeys }: Pick<TestRolecall, 'port' | 'rootKeys'>,
  service: string,
  form: Record<string, string>,
  keys: Keys = rootKeys,
): Promise<FormAnswer> {
  const body = new URLSearchParams(form).toString()
  const { headers } = signRequest({
    accessKeyId: keys.accessKeyId,
    secret: keys.secretAccessKey,
    ...(keys.sessionToken === undefined ? {} : { sessionToken: keys.sessionToken }),
    at: new Date(),
    service,
    body,
    headers: { host: `127.0.0.1:${port}` },
  })
  const sent = Object.entries(headers).map(([name, values]) => [name, values?.[0] ?? ''])
  return postForm({ port }, body, Object.fromEntries(sent))
}
