import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inflateSync } from 'node:zlib'
import * as sdk from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { encode } from 'uqr'
import { codeAt } from '../../server/credentials/totp.ts'
import { qrPng } from '../../server/iam/qr-png.ts'
import { allow, faultOf, keysOf, type policyOf } from '../support/aws-calls.ts'
import { fromBase32 } from '../support/base32.ts'
import { earlyInStep } from '../support/early-in-step.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { type Keys, startRolecall } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const iam = rolecall.iam()
const entities = entitiesOf(rolecall)
const codeOf = async (call: Promise<unknown>) => (await faultOf(call)).code

type Device = { serial: string; seed: Buffer }
async function create(name: string): Promise<Device> {
  const command = new sdk.CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: name })
  const { VirtualMFADevice } = await iam.send(command)
  const text = Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString('latin1')
  return { serial: VirtualMFADevice?.SerialNumber ?? '', seed: fromBase32(text) }
}

let offsetMs = 0
/** So that the next codes are of steps that were not used yet. */
function nextSteps(): void {
  offsetMs += 90_000
  rolecall.advanceMs(90_000)
}
const stepNow = () => Math.floor((Date.now() + offsetMs) / 30_000)
const code = ({ seed }: Device, step = stepNow()) => codeAt(seed, step)
const enable = (UserName: string, device: Device, step = stepNow()) =>
  iam.send(
    new sdk.EnableMFADeviceCommand({
      UserName,
      SerialNumber: device.serial,
      AuthenticationCode1: code(device, step - 1),
      AuthenticationCode2: code(device, step),
    }),
  )
async function userWithDevice(name: string, ...statements: Parameters<typeof policyOf>) {
  const keys = await entities.user(name, statements)
  const device = await create(name)
  await earlyInStep(offsetMs)
  await enable(name, device)
  return { keys, device }
}
const session = (keys: Keys, device: Device, TokenCode: string) =>
  rolecall.sts(keys).send(new GetSessionTokenCommand({ SerialNumber: device.serial, TokenCode }))

// The clients sign by the real time: the service's clock may be off by less than five minutes.
test('a device is made, enabled by two codes in a row, and listed with its user', async () => {
  await entities.user('ada')
  const device = await create('ada-phone')
  assert.equal(device.serial, `arn:aws:iam::${accountId}:mfa/ada-phone`)
  assert.equal(device.seed.length, 32)
  await earlyInStep(offsetMs)
  await enable('ada', device)
  const { MFADevices } = await iam.send(new sdk.ListMFADevicesCommand({ UserName: 'ada' }))
  assert.deepEqual(
    MFADevices?.map(({ UserName, SerialNumber }) => [UserName, SerialNumber]),
    [['ada', device.serial]],
  )
  const of = async (AssignmentStatus: 'Assigned' | 'Unassigned') => {
    const { VirtualMFADevices = [] } = await iam.send(
      new sdk.ListVirtualMFADevicesCommand({ AssignmentStatus }),
    )
    return VirtualMFADevices.map(({ SerialNumber, User }) => [SerialNumber, User?.UserName])
  }
  assert.deepEqual(await of('Assigned'), [[device.serial, 'ada']])
  assert.deepEqual(await of('Unassigned'), [])
})

test('codes that are not in a row, or not of this device, enable nothing', async () => {
  await entities.user('careless')
  const [device, other] = [await create('careless'), await create('other')]
  await earlyInStep(offsetMs)
  const now = stepNow()
  for (const [one, two] of [
    [code(device, now), code(device, now)],
    [code(device, now), code(device, now - 1)],
    [code(other, now - 1), code(other, now)],
    ['000000', '000000'],
  ]) {
    const asked = { UserName: 'careless', SerialNumber: device.serial }
    const command = new sdk.EnableMFADeviceCommand({
      ...asked,
      AuthenticationCode1: one,
      AuthenticationCode2: two,
    })
    assert.equal(await codeOf(iam.send(command)), 'InvalidAuthenticationCode')
  }
  await enable('careless', device)
})

test('a session with a second factor says so, and may call IAM', async () => {
  const withMfa = {
    ...allow('iam:ListUsers'),
    Condition: {
      Bool: { 'aws:MultiFactorAuthPresent': 'true' },
      NumericLessThan: { 'aws:MultiFactorAuthAge': '60' },
    },
  }
  const { keys, device } = await userWithDevice('careful', withMfa)
  assert.equal(await codeOf(rolecall.iam(keys).send(new sdk.ListUsersCommand({}))), 'AccessDenied')
  const mine = keysOf(await session(keys, device, code(device, stepNow() + 1)))
  await rolecall.iam(mine).send(new sdk.ListUsersCommand({}))
  nextSteps()
  assert.equal(
    await codeOf(rolecall.iam(mine).send(new sdk.ListUsersCommand({}))),
    'AccessDenied',
    'it is too old',
  )
})

test('a role that asks for a second factor is taken with one, and its session has it too', async () => {
  const { keys, device } = await userWithDevice('taker')
  const trust = {
    Effect: 'Allow',
    Principal: { AWS: entities.userArn('taker') },
    Action: 'sts:AssumeRole',
    Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
  }
  const RoleArn = await rolecall.createRole('guarded', { Version: '2012-10-17', Statement: trust })
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: { ...allow('iam:ListUsers'), Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } },
  })
  await iam.send(new sdk.PutRolePolicyCommand({ RoleName: 'guarded', PolicyName: 'work', PolicyDocument }))
  const take = (more: object) =>
    rolecall.sts(keys).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'work', ...more }))
  assert.equal(await codeOf(take({})), 'AccessDenied')
  const given = await take({ SerialNumber: device.serial, TokenCode: code(device, stepNow() + 1) })
  await rolecall.iam(keysOf(given)).send(new sdk.ListUsersCommand({}))
})

test('a code is taken once, also by two who ask at once', async () => {
  const { keys, device } = await userWithDevice('twice')
  const next = code(device, stepNow() + 1)
  const asked = await Promise.allSettled([session(keys, device, next), session(keys, device, next)])
  assert.deepEqual(asked.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  const { code: fault, message } = await faultOf(session(keys, device, next))
  assert.equal(fault, 'AccessDenied')
  assert.equal(message, 'MultiFactorAuthentication failed with invalid MFA one time pass code.')
})

test('whoever guesses is stopped after a few, even where the next guess would be right', async () => {
  const { keys, device } = await userWithDevice('guessed')
  for (let n = 0; n < 8; n++) assert.equal(await codeOf(session(keys, device, '000000')), 'AccessDenied')
  assert.equal(await codeOf(session(keys, device, code(device, stepNow() + 1))), 'AccessDenied')
})

test('somebody else’s device is no factor of mine, nor is the owner’s account’s', async () => {
  const { device } = await userWithDevice('victim')
  const mine = await entities.user('thief')
  assert.equal(await codeOf(session(mine, device, code(device, stepNow() + 1))), 'AccessDenied')
  assert.equal(await codeOf(session(rolecall.rootKeys, device, code(device, stepNow() + 1))), 'AccessDenied')
})

test('a device is deleted only when it is nobody’s, and a user not before their device', async () => {
  const { keys, device } = await userWithDevice('leaving')
  const remove = () => iam.send(new sdk.DeleteVirtualMFADeviceCommand({ SerialNumber: device.serial }))
  assert.equal(await codeOf(remove()), 'DeleteConflict')
  const key = { UserName: 'leaving', AccessKeyId: keys.accessKeyId }
  await iam.send(new sdk.DeleteAccessKeyCommand(key))
  const deleteUser = () => iam.send(new sdk.DeleteUserCommand({ UserName: 'leaving' }))
  assert.match((await faultOf(deleteUser())).message, /MFA device first/)
  const off = { UserName: 'leaving', SerialNumber: device.serial }
  await iam.send(new sdk.DeactivateMFADeviceCommand(off))
  assert.equal(await codeOf(iam.send(new sdk.DeactivateMFADeviceCommand(off))), 'NoSuchEntity')
  await remove()
  await deleteUser()
  assert.equal(await codeOf(remove()), 'NoSuchEntity')
})

test('the seed is in no log', async () => {
  const { seed } = await create('logged')
  for (const text of [seed.toString('base64'), seed.toString('hex')])
    assert.ok(!rolecall.logged().includes(text))
})

test('one of serial number and code alone is refused', async () => {
  const keys = await entities.user('half')
  const half = new GetSessionTokenCommand({ TokenCode: '123456' })
  assert.equal(await codeOf(rolecall.sts(keys).send(half)), 'ValidationError')
})

test('the picture holds the code, module by module', () => {
  const text = 'otpauth://totp/Rolecall:x?secret=ABC'
  const png = qrPng(text)
  const { data, size } = encode(text, { border: 4 })
  assert.equal(png.readUInt32BE(16), size * 6)
  const length = png.readUInt32BE(33)
  assert.equal(png.toString('latin1', 37, 41), 'IDAT')
  const pixels = inflateSync(png.subarray(41, 41 + length))
  const lineBytes = 1 + Math.ceil((size * 6) / 8)
  for (const [y, row] of data.entries()) {
    for (const [x, isDark] of row.entries()) {
      const [px, py] = [x * 6 + 3, y * 6 + 3]
      const byte = pixels[py * lineBytes + 1 + (px >> 3)] ?? 0
      assert.equal((byte & (0x80 >> (px & 7))) === 0, isDark)
    }
  }
})
