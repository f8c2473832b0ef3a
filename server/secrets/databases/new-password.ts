import { randomPassword } from '../get-random-password.ts'

/** As long as AWS's, and without what connection strings would have to escape. */
export function newPassword(): string {
  return randomPassword({ length: 32, excludeCharacters: ':/@"\'\\%#?&+ ' })
}
