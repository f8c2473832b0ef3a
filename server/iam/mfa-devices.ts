import { randomBytes } from 'node:crypto'
import { defineAction } from '../aws/action.ts'
import { oneOf, optional, params, text } from '../aws/params.ts'
import { mfaArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import { base32 } from '../credentials/totp.ts'
import { sealRecord } from '../keys/sealed-record.ts'
import type { MfaDevice } from '../store/mfa-devices.ts'
import type { IamDeps } from './deps.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { onMfaDevice, onNewMfaDevice } from './permissions.ts'
import { qrPng } from './qr-png.ts'
import { wireDate, wireTags, wireUser } from './shapes.ts'

/** 256 bits, where RFC 4226 (section 4, R6) recommends 160; AWS's are longer. */
const seedBytes = 32
export const serialNumber = text({
  min: 9,
  max: 256,
  pattern: /^[\w+=/:,.@-]+$/,
  patternText: '[\\w+=/:,.@-]+',
})

/** @throws {Refusal} entity.missing */
export async function requireDevice(serial: string, { mfaDevices }: IamDeps): Promise<MfaDevice> {
  const device = await mfaDevices.find(serial)
  if (device === undefined) {
    throw new Refusal('entity.missing', {
      said: { message: `VirtualMFADevice with serial number ${serial} does not exist.` },
    })
  }
  return device
}

/**
 * The one time that the seed is shown, as text and as a picture for the app to take.
 *
 * @throws {Refusal} entity.exists
 * @see AWS IAM API reference, CreateVirtualMFADevice
 */
export const createVirtualMfaDevice = defineAction({
  name: 'CreateVirtualMFADevice',
  auth: 'signed',
  writes: true,
  input: params({ Path: given.path, VirtualMFADeviceName: given.deviceName, Tags: given.tags }),
  permission: (asked, deps: IamDeps) =>
    onNewMfaDevice(asked.Path, asked.VirtualMFADeviceName, asked.Tags, deps),
  async handle(asked, deps) {
    const serial = mfaArn(deps.accountId, asked.Path, asked.VirtualMFADeviceName)
    const seed = randomBytes(seedBytes)
    await deps.mfaDevices.create({
      serialNumber: serial,
      sealedSeed: sealRecord(deps.keyring, 'secret-at-rest', seed, serial),
      tags: asked.Tags ?? {},
      createdAtMs: deps.clock(),
    })
    const secret = base32(seed)
    const label = encodeURIComponent(`${asked.VirtualMFADeviceName}@${deps.accountId}`)
    const uri = `otpauth://totp/Rolecall:${label}?secret=${secret}&issuer=Rolecall`
    return {
      VirtualMFADevice: {
        SerialNumber: serial,
        Base32StringSeed: Buffer.from(secret).toString('base64'),
        QRCodePNG: qrPng(uri).toString('base64'),
        ...wireTags(asked.Tags ?? {}),
      },
    }
  },
})

/**
 * @throws {Refusal} entity.missing | entity.inUse
 * @see AWS IAM API reference, DeleteVirtualMFADevice
 */
export const deleteVirtualMfaDevice = defineAction({
  name: 'DeleteVirtualMFADevice',
  auth: 'signed',
  writes: true,
  input: params({ SerialNumber: serialNumber }),
  permission: (asked, deps: IamDeps) => onMfaDevice('DeleteVirtualMFADevice', asked.SerialNumber, deps),
  async handle(asked, deps) {
    await requireDevice(asked.SerialNumber, deps)
    if (!(await deps.mfaDevices.delete(asked.SerialNumber))) {
      const message = 'MFA VirtualDevice in use. Must deactivate first.'
      throw new Refusal('entity.inUse', { said: { message } })
    }
    return {}
  },
})

/** @see AWS IAM API reference, ListVirtualMFADevices */
export const listVirtualMfaDevices = defineAction({
  name: 'ListVirtualMFADevices',
  auth: 'signed',
  input: params({
    AssignmentStatus: optional(oneOf('Assigned', 'Unassigned', 'Any'), 'Any'),
    ...given.paging,
  }),
  permission: () => ({ action: 'iam:ListVirtualMFADevices', resource: '*' }),
  async handle(asked, deps: IamDeps) {
    const devices = (await deps.mfaDevices.list()).filter(({ userId }) => {
      if (asked.AssignmentStatus === 'Any') return true
      return (userId === undefined) === (asked.AssignmentStatus === 'Unassigned')
    })
    const page = readPage(devices, device => device.serialNumber, asked)
    return {
      VirtualMFADevices: await Promise.all(page.items.map(device => wireVirtual(device, deps))),
      ...page.wire,
    }
  },
})

async function wireVirtual(device: MfaDevice, { users, accountId }: IamDeps) {
  const user = device.userId === undefined ? undefined : await users.findById(device.userId)
  return {
    SerialNumber: device.serialNumber,
    ...(user === undefined ? {} : { User: wireUser(user, accountId) }),
    ...(device.enabledAtMs === undefined ? {} : { EnableDate: wireDate(device.enabledAtMs) }),
    ...wireTags(device.tags),
  }
}
