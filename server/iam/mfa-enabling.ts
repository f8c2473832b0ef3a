import { defineAction } from '../aws/action.ts'
import { optional, params, text } from '../aws/params.ts'
import { toSeconds } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import { findStep } from '../credentials/totp.ts'
import { seedOf } from '../credentials/verify-mfa.ts'
import type { MfaDevice } from '../store/mfa-devices.ts'
import type { IamDeps } from './deps.ts'
import { user as holder, requireHolder } from './holders.ts'
import { requireDevice, serialNumber } from './mfa-devices.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { on } from './permissions.ts'
import { wireDate } from './shapes.ts'
import { nameOrOwn } from './users.ts'

/** @see AWS IAM User Guide, "IAM and AWS STS quotas" */
const mostDevices = 8
const code = text({ min: 6, max: 6, pattern: /^\d+$/, patternText: '[\\d]+', secret: true })

/**
 * Two codes, one after the other, show that the app has the seed and its clock is right.
 *
 * @throws {Refusal} entity.missing | entity.exists | entity.limit | mfa.codes
 * @see AWS IAM API reference, EnableMFADevice
 */
export const enableMfaDevice = defineAction({
  name: 'EnableMFADevice',
  auth: 'signed',
  writes: true,
  input: params({
    UserName: given.existingName,
    SerialNumber: serialNumber,
    AuthenticationCode1: code,
    AuthenticationCode2: code,
  }),
  permission: (asked, deps: IamDeps) => on(holder, 'EnableMFADevice', asked.UserName, deps),
  async handle(asked, deps) {
    const user = await requireHolder(holder, asked.UserName, deps)
    const device = await requireDevice(asked.SerialNumber, deps)
    if ((await deps.mfaDevices.listOf(user.id)).length >= mostDevices) {
      const message = `Cannot exceed quota for MfaDevicesPerUser: ${mostDevices}`
      throw new Refusal('entity.limit', { said: { message } })
    }
    await takeTwoCodes(device, asked, deps)
    if (!(await deps.mfaDevices.enable(device.serialNumber, user.id, deps.clock()))) {
      throw new Refusal('entity.exists', { said: { kind: 'MFA device', name: device.serialNumber } })
    }
    return {}
  },
})

/**
 * For an app whose clock has gone astray: shows again that it has the seed.
 *
 * @throws {Refusal} entity.missing | mfa.codes
 * @see AWS IAM API reference, ResyncMFADevice
 */
export const resyncMfaDevice = defineAction({
  name: 'ResyncMFADevice',
  auth: 'signed',
  writes: true,
  input: params({
    UserName: given.existingName,
    SerialNumber: serialNumber,
    AuthenticationCode1: code,
    AuthenticationCode2: code,
  }),
  permission: (asked, deps: IamDeps) => on(holder, 'ResyncMFADevice', asked.UserName, deps),
  async handle(asked, deps) {
    const device = await requireDeviceOf(asked.UserName, asked.SerialNumber, deps)
    await takeTwoCodes(device, asked, deps)
    return {}
  },
})

/**
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, DeactivateMFADevice
 */
export const deactivateMfaDevice = defineAction({
  name: 'DeactivateMFADevice',
  auth: 'signed',
  writes: true,
  input: params({ UserName: optional(given.existingName), SerialNumber: serialNumber }),
  permission: (asked, deps: IamDeps, caller) =>
    on(holder, 'DeactivateMFADevice', nameOrOwn(asked.UserName, caller), deps),
  async handle(asked, deps, { caller }) {
    const device = await requireDeviceOf(nameOrOwn(asked.UserName, caller), asked.SerialNumber, deps)
    await deps.mfaDevices.disable(device.serialNumber)
    return {}
  },
})

/** @see AWS IAM API reference, ListMFADevices */
export const listMfaDevices = defineAction({
  name: 'ListMFADevices',
  auth: 'signed',
  input: params({ UserName: optional(given.existingName), ...given.paging }),
  permission: (asked, deps: IamDeps, caller) =>
    on(holder, 'ListMFADevices', nameOrOwn(asked.UserName, caller), deps),
  async handle(asked, deps, { caller }) {
    const user = await requireHolder(holder, nameOrOwn(asked.UserName, caller), deps)
    const page = readPage(await deps.mfaDevices.listOf(user.id), one => one.serialNumber, asked)
    return {
      MFADevices: page.items.map(one => ({
        UserName: user.name,
        SerialNumber: one.serialNumber,
        EnableDate: wireDate(one.enabledAtMs ?? one.createdAtMs),
      })),
      ...page.wire,
    }
  },
})

/** @see AWS IAM API reference, GetMFADevice */
export const getMfaDevice = defineAction({
  name: 'GetMFADevice',
  auth: 'signed',
  input: params({ SerialNumber: serialNumber, UserName: optional(given.existingName) }),
  permission: (asked, deps: IamDeps, caller) =>
    on(holder, 'GetMFADevice', nameOrOwn(asked.UserName, caller), deps),
  async handle(asked, deps, { caller }) {
    const userName = nameOrOwn(asked.UserName, caller)
    const device = await requireDeviceOf(userName, asked.SerialNumber, deps)
    return {
      UserName: userName,
      SerialNumber: device.serialNumber,
      EnableDate: wireDate(device.enabledAtMs ?? device.createdAtMs),
    }
  },
})

async function requireDeviceOf(userName: string, serial: string, deps: IamDeps): Promise<MfaDevice> {
  const user = await requireHolder(holder, userName, deps)
  const device = await requireDevice(serial, deps)
  if (device.userId !== user.id) {
    const message = `MFA Device with serial number ${serial} is not assigned to user ${userName}.`
    throw new Refusal('entity.missing', { said: { message } })
  }
  return device
}

/** The codes count as used: what somebody saw being typed must not sign them in. */
async function takeTwoCodes(
  device: MfaDevice,
  { AuthenticationCode1, AuthenticationCode2 }: { AuthenticationCode1: string; AuthenticationCode2: string },
  { keyring, clock, mfaDevices }: IamDeps,
): Promise<void> {
  const seed = seedOf(keyring, device)
  const nowSeconds = toSeconds(clock())
  const first = findStep(seed, AuthenticationCode1, nowSeconds)
  const second = findStep(seed, AuthenticationCode2, nowSeconds)
  const areInOrder = first !== undefined && second === first + 1
  if (!areInOrder || !(await mfaDevices.takeStep(device.serialNumber, second))) {
    throw new Refusal('mfa.codes')
  }
}
