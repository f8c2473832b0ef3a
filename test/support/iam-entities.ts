import * as iam from '@aws-sdk/client-iam'
import { policyOf } from './aws-calls.ts'
import type { Keys, TestRolecall } from './rolecall.ts'

type Statement = Parameters<typeof policyOf>[0]

/** Makes users, groups and policies over the wire, by the real SDK, as the account's owner. */
export function entitiesOf(rolecall: TestRolecall) {
  const root = rolecall.iam()
  const { accountId } = rolecall
  const of = {
    userArn: (name: string) => `arn:aws:iam::${accountId}:user/${name}`,
    policyArn: (name: string) => `arn:aws:iam::${accountId}:policy/${name}`,

    /** A user with these statements for an inline policy; answers a key of theirs. */
    async user(name: string, statements: Statement[] = [], boundary?: string): Promise<Keys> {
      const PermissionsBoundary = boundary === undefined ? {} : { PermissionsBoundary: boundary }
      await root.send(new iam.CreateUserCommand({ UserName: name, ...PermissionsBoundary }))
      if (statements.length > 0) await of.userPolicy(name, ...statements)
      return of.accessKey(name)
    },
    async userPolicy(name: string, ...statements: Statement[]): Promise<void> {
      const PolicyDocument = policyOf(...statements)
      await root.send(new iam.PutUserPolicyCommand({ UserName: name, PolicyName: 'work', PolicyDocument }))
    },
    async accessKey(name: string): Promise<Keys> {
      const { AccessKey } = await root.send(new iam.CreateAccessKeyCommand({ UserName: name }))
      return {
        accessKeyId: AccessKey?.AccessKeyId ?? '',
        secretAccessKey: AccessKey?.SecretAccessKey ?? '',
      }
    },
    /** Answers its ARN. */
    async policy(name: string, ...statements: Statement[]): Promise<string> {
      const PolicyDocument = policyOf(...statements)
      await root.send(new iam.CreatePolicyCommand({ PolicyName: name, PolicyDocument }))
      return of.policyArn(name)
    },
    /** A group with these statements for an inline policy. */
    async group(name: string, ...statements: Statement[]): Promise<void> {
      await root.send(new iam.CreateGroupCommand({ GroupName: name }))
      const PolicyDocument = policyOf(...statements)
      await root.send(new iam.PutGroupPolicyCommand({ GroupName: name, PolicyName: 'work', PolicyDocument }))
    },
    async join(user: string, group: string): Promise<void> {
      await root.send(new iam.AddUserToGroupCommand({ UserName: user, GroupName: group }))
    },
  }
  return of
}
