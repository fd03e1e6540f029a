import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { expiryProblem, findCertificate } from '../../lib/certificates.ts'
import { isLoaded } from '../../lib/edge/renew.ts'
import { Authority } from '../sandbox/edge/authority.ts'
import { inTemporary } from './fixtures.ts'

const domain = 'tracehub.example'
const now = Date.now() + 60 * 60_000 // the certificates are made after this line, however slowly
const day = 86_400_000

/** A directory of certificates, made by a CA of our own. */
const withCA = (act: (ca: Authority, ssl: string) => Promise<void> | void): Promise<void> =>
  inTemporary(async directory => {
    const ssl = join(directory, 'ssl')
    mkdirSync(ssl)
    return act(await Authority.in(directory), ssl)
  })

const finding = suite('certificates: found where certbot, acme.sh and people leave them')

for (const [who, certificate, key] of [
  ['certbot', `live/${domain}/fullchain.pem`, `live/${domain}/privkey.pem`],
  ['certbot, a second lineage', `live/${domain}-0001/fullchain.pem`, `live/${domain}-0001/privkey.pem`],
  ['acme.sh', `${domain}_ecc/fullchain.cer`, `${domain}_ecc/${domain}.key`],
  ['acme.sh with RSA', `${domain}/fullchain.cer`, `${domain}/${domain}.key`],
  ['a directory', `${domain}/fullchain.pem`, `${domain}/privkey.pem`],
  ['one file with everything', `${domain}.pem`, `${domain}.pem`],
  ['two files', `${domain}.crt`, `${domain}.key`],
] as const)
  finding(who, () =>
    withCA(async (ca, ssl) => {
      await ca.issue(domain, { certificate: join(ssl, certificate), key: join(ssl, key), days: 90 })
      const { certificate: found, problems } = findCertificate(ssl, domain, now)
      assert.equal(problems, [])
      assert.is(found?.file, join(ssl, certificate))
      assert.ok(Math.abs((found?.expires ?? 0) - now - 90 * day) < day)
      assert.match(
        found?.pem ?? '',
        /^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END (EC )?PRIVATE KEY-----\n$/,
      )
      assert.not.match(found?.pem ?? '', /\n\n/)
    }),
  )

finding('nothing at all, or none for the domain: none, and no complaint', () =>
  withCA(async (ca, ssl) => {
    assert.equal(findCertificate(join(ssl, 'away'), domain, now), { certificate: undefined, problems: [] })
    await ca.issue('other.example', certbot(ssl, 'other.example', 90))
    assert.equal(findCertificate(ssl, domain, now), { certificate: undefined, problems: [] })
  }),
)

finding(
  'of several the one that is valid longest, whatever it is called; one that has not begun is not taken',
  () =>
    withCA(async (ca, ssl) => {
      await ca.issue(domain, certbot(ssl, domain, 30))
      await ca.issue(domain, certbot(ssl, 'renewed', 60))
      assert.is(findCertificate(ssl, domain, now).certificate?.file, join(ssl, 'live/renewed/fullchain.pem'))
      assert.is(findCertificate(ssl, domain, now - 2 * day).certificate, undefined)
    }),
)

finding(
  'a key of another certificate, a damaged one: said, and the good one is taken; what is neither is left alone',
  () =>
    withCA(async (ca, ssl) => {
      await ca.issue(domain, certbot(ssl, domain, 30))
      await ca.issue(domain, certbot(ssl, 'mixed', 90))
      cpSync(join(ssl, 'live', domain, 'privkey.pem'), join(ssl, 'live/mixed/privkey.pem'))
      for (const [name, text] of [
        ['rubbish.pem', '\0\u001b[31m$(id)'],
        ['half.pem', readFileSync(join(ssl, 'live', domain, 'fullchain.pem'), 'utf8')],
        [
          'broken.pem',
          '-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----',
        ],
      ] as const)
        writeFileSync(join(ssl, name), text)
      const { certificate, problems } = findCertificate(ssl, domain, now)
      assert.is(certificate?.file, join(ssl, 'live', domain, 'fullchain.pem'))
      const said = problems.map(({ what }) => what.replaceAll(ssl, 'ssl')).sort()
      assert.is(said.length, 2, said.join('\n'))
      assert.match(said[0] ?? '', /^ssl\/broken\.pem: /)
      assert.equal(said.slice(1), [
        'ssl/live/mixed/fullchain.pem: the key in ssl/live/mixed/privkey.pem belongs to another certificate',
      ])
    }),
)

finding('a longer chain is another certificate for a running HAProxy', () =>
  withCA(async (ca, ssl) => {
    await ca.issue(domain, certbot(ssl, domain, 30))
    const pem = findCertificate(ssl, domain, now).certificate?.pem ?? ''
    const report = `SHA1 FingerPrint: ${ca.fingerprint(join(ssl, 'live', domain, 'fullchain.pem'))}\n`
    assert.ok(isLoaded(pem, `${report}Chain Subject: /CN=x\n`))
    assert.not(isLoaded(pem, report))
    assert.not(isLoaded(pem, 'SHA1 FingerPrint: 00\nChain Subject: /CN=x\n'))
  }),
)

const certbot = (ssl: string, name: string, days: number) => ({
  certificate: join(ssl, 'live', name, 'fullchain.pem'),
  key: join(ssl, 'live', name, 'privkey.pem'),
  days,
})

finding.run()

const expiring = suite('certificates: what is said about their end')
const at = Date.parse('2026-03-01T12:00:00Z')

for (const [days, said] of [
  [90, undefined],
  [21.5, undefined],
  [20.5, 'the certificate of a.example expires in 20 days (2026-03-22)'],
  [0.5, 'the certificate of a.example expires in 0 days (2026-03-02)'],
  [-0.5, 'the certificate of a.example has expired, 0 days ago (2026-03-01)'],
  [-30, 'the certificate of a.example has expired, 30 days ago (2026-01-30)'],
] as const)
  expiring(`${days} days`, () =>
    assert.is(expiryProblem('a.example', at + days * day, { now: at, warning: 21 * day })?.what, said),
  )

expiring.run()
