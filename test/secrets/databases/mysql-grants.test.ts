import assert from 'node:assert/strict'
import { test } from 'node:test'
import { covers, type Grant, readGrant, writeGrant } from '../../../server/secrets/databases/mysql-grants.ts'

const twin = "'b'@'%'"

for (const [row, written] of [
  [
    "GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*0123' REQUIRE SSL",
    `GRANT USAGE ON *.* TO ${twin} REQUIRE SSL`,
  ],
  [
    'GRANT SELECT, INSERT ON `shop`.* TO `a`@`%` WITH GRANT OPTION',
    `GRANT SELECT, INSERT ON \`shop\`.* TO ${twin} WITH GRANT OPTION`,
  ],
  [
    "GRANT ALL PRIVILEGES ON *.* TO 'a'@'%' IDENTIFIED VIA mysql_native_password USING '*01'",
    `GRANT ALL PRIVILEGES ON *.* TO ${twin}`,
  ],
  [
    'GRANT SELECT (`x TO y`) ON `a``b`.`c TO ``d``@``e``` TO `a`@`%`',
    `GRANT SELECT (\`x TO y\`) ON \`a\`\`b\`.\`c TO \`\`d\`\`@\`\`e\`\`\` TO ${twin}`,
  ],
  ['GRANT `writers` TO `a`@`%`', `GRANT \`writers\` TO ${twin}`],
  ['SET DEFAULT ROLE `writers` FOR `a`@`%`', `SET DEFAULT ROLE \`writers\` FOR ${twin}`],
  ["GRANT SELECT ON `s`.* TO `it's TO me`@`10.%`", `GRANT SELECT ON \`s\`.* TO ${twin}`],
] as const) {
  test(`${row} is given to another`, () => {
    const grant = readGrant(row)
    assert.ok(grant)
    assert.equal(writeGrant(grant, twin), written)
  })
}

test('what is of no known form is not passed on', () => {
  for (const row of [
    '',
    'GRANT SELECT ON `s`.*',
    'GRANT SELECT ON `s`.* TO a',
    'GRANT `x` TO `a',
    'GRANT TO',
  ])
    assert.equal(readGrant(row), undefined)
})

const grants = (...rows: string[]) => rows.map(row => readGrant(`${row} TO \`a\`@\`%\``) as Grant)
const of = (row: string, tail: string) => [readGrant(`${row} TO \`a\`@\`%\`${tail}`) as Grant]

test('rights cover others that are no more than they', () => {
  const usage = 'GRANT USAGE ON *.*'
  assert.ok(covers(grants(usage, 'GRANT SELECT, INSERT ON `s`.*'), grants(usage, 'GRANT INSERT ON `s`.*')))
  assert.ok(covers(grants('GRANT ALL PRIVILEGES ON `s`.*'), grants('GRANT INSERT ON `s`.*')))
  assert.ok(covers([], grants(usage)))
  for (const more of [
    grants('GRANT SELECT, DELETE ON `s`.*'),
    grants('GRANT SELECT ON `t`.*'),
    grants('GRANT SELECT ON *.*'),
    grants('GRANT SELECT (`x`) ON `s`.`t`'),
    grants('GRANT `role`'),
    of('GRANT SELECT ON `s`.*', ' WITH GRANT OPTION'),
  ])
    assert.ok(!covers(grants(usage, 'GRANT SELECT, INSERT ON `s`.*'), more), JSON.stringify(more))
})
