import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from '@aws-sdk/client-cognito-identity'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

/** An identity of the pool, kept in this browser, and its credentials; by AWS's SDK alone. */
export function openIdentity({ endpoint, pool }) {
  const config = { endpoint, region: 'us-east-1' }
  const client = new CognitoIdentityClient(config)
  const key = `identity of ${pool}`

  async function credentialsOf(id, logins) {
    const answer = await client.send(new GetCredentialsForIdentityCommand({ IdentityId: id, Logins: logins }))
    const { AccessKeyId, SecretKey, SessionToken, Expiration } = answer.Credentials
    return {
      // Not the one that was asked for, where somebody has an identity already: the guest's becomes another name of it.
      id: answer.IdentityId,
      credentials: {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretKey,
        sessionToken: SessionToken,
        expiration: Expiration,
      },
    }
  }

  async function credentialsAnew(logins) {
    const { IdentityId } = await client.send(new GetIdCommand({ IdentityPoolId: pool, Logins: logins }))
    return credentialsOf(IdentityId, logins)
  }

  return {
    /** Of the identity that is kept here, or of another one. Without `logins`, a guest's. */
    async getCredentials(logins) {
      // A guest's id is the guest's only secret: whoever knows it is that guest.
      const kept = localStorage.getItem(key)
      if (kept === null) return credentialsAnew(logins)
      try {
        return await credentialsOf(kept, logins)
      } catch (error) {
        // The login is of somebody else than who used this browser before, or the operator has deleted the identity.
        const isAnothers = logins !== undefined && error.name === 'NotAuthorizedException'
        if (isAnothers || error.name === 'ResourceNotFoundException') return credentialsAnew(logins)
        throw error
      }
    },
    /** Who services take the bearer of these for. */
    async callerOf(credentials) {
      const { Arn } = await new STSClient({ ...config, credentials }).send(new GetCallerIdentityCommand({}))
      return Arn
    },
    keep: id => localStorage.setItem(key, id),
    forget: () => localStorage.removeItem(key),
  }
}
