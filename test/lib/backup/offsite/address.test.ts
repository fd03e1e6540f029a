import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { offsiteAddress } from '../../../../lib/backup/offsite/address.ts'
import { failureOf, withVariables } from '../../fixtures.ts'

const address = suite('offsite: sftp://user@host/directory')

const right: [given: string, user: string, host: string, port: number, directory: string][] = [
  ['sftp://ada@backup.example/tracehub', 'ada', 'backup.example', 22, '/tracehub'],
  ['sftp://ada@backup.example:2222/a/b/', 'ada', 'backup.example', 2222, '/a/b'],
  ['sftp://ada@[2001:db8::7]:2222/a', 'ada', '2001:db8::7', 2222, '/a'],
  ["sftp://ada@h/it's%20$(touch%20owned)", 'ada', 'h', 22, "/it's $(touch owned)"],
]
for (const [given, user, host, port, directory] of right)
  address(given, () =>
    assert.equal(offsiteAddress(given), { destination: { user, host, port }, directory, url: given }),
  )

address('comes from BACKUP_SFTP_URL unless told; without both there is none', async () => {
  await withVariables({ BACKUP_SFTP_URL: 'sftp://ada@h/from-outside' }, () => {
    assert.is(offsiteAddress(undefined)?.directory, '/from-outside')
    assert.is(offsiteAddress('sftp://ada@h/told')?.directory, '/told')
  })
  await withVariables({ BACKUP_SFTP_URL: '' }, () => assert.is(offsiteAddress(undefined), undefined))
})

const wrong = [
  'ada@h:/dir',
  'https://ada@h/dir',
  'sftp://ada@h',
  'sftp://ada@h/',
  'sftp:///dir',
  'sftp://-oProxyCommand=x@h/dir',
  'sftp://ada@-h/dir',
  'sftp://ada@h:0/dir',
  'sftp://ada@h/a/../../etc',
  'sftp://ada@h/a%0ab',
  'sftp://ada@h/a%zz',
]
for (const given of wrong)
  address(`${given} is refused`, async () => {
    assert.is((await failureOf(() => offsiteAddress(given))).exitCode, 2)
  })

address('a password in it is refused, and not shown', async () => {
  const { message, fix } = await failureOf(() => offsiteAddress('sftp://ada:hunter22@h/dir'))
  assert.is(message, '--to has a password in it')
  assert.not.match(`${message}${fix}`, 'hunter22')
})

address.run()
