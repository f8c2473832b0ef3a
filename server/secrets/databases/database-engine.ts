import { RotationFailure } from '../rotation/rotator.ts'
import type { Login, SecretRules } from './database-secret.ts'

/** A server that nobody could be logged in to, for want of an answer or because it is not who it should be. */
export class Unreachable extends RotationFailure {}

/** A connection that is logged in. Whoever opens one closes it. */
export type DatabaseSession = {
  /** Of the user who is logged in. */
  changeOwnPassword(password: string): Promise<void>
  /**
   * Gives the other of two users that alternate a password, and makes them with the same rights where they are not
   * there.
   *
   * @param using the account that is in use, as `account` of its own session answers it
   * @throws {RotationFailure} when the other has rights that the first has not: their password is not ours to change
   */
  changeTwinPassword(using: string, twin: string, password: string): Promise<void>
  /** Of somebody else. */
  changePasswordOf(account: string, password: string): Promise<void>
  /** Who is logged in, as the server has it. */
  account(): Promise<string>
  /** Whether whoever is logged in may change their own password without its standing in the statement. */
  mayChangeOwnPassword(): Promise<boolean>
  /** Runs statements of an operator's, in order; all or none where the server can do that. */
  run(statements: readonly string[]): Promise<void>
  /** So that a user whom nobody comes to drop is refused all the same, where the server knows of such a thing. */
  setExpiration(user: string, expiration: string): Promise<void>
  hasUser(user: string): Promise<boolean>
  /** Lets such a user in no more, and ends what they have open: servers let them go on when they are dropped. */
  shutOut(user: string): Promise<void>
  /** With the rights that they were given. What they made stays, and acts by nobody's rights. */
  dropUser(user: string): Promise<void>
  close(): Promise<void>
}

/** One kind of database server. */
export type DatabaseEngine = SecretRules & {
  /**
   * @returns undefined when the server refuses this user with this password, and only then
   * @throws {RotationFailure} when it can't be reached, or is not who it should be
   */
  logIn(login: Login, signal: AbortSignal): Promise<DatabaseSession | undefined>
  /** What stands for a password in a statement: never the password itself. It holds nothing that ends a quotation. */
  passwordText(password: string): string
}
