import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../../lib/base/shell.ts'
import { isLoaded } from '../../../lib/operations/edge/renew.ts'
import { type Certificate, findCertificates } from '../../../lib/proxy/certificates.ts'
import { chooseCertificate } from '../../../lib/proxy/choose-certificate.ts'
import { expiryProblem } from '../../../lib/proxy/edge-certificates.ts'
import { Authority } from '../../sandbox/edge/authority.ts'
import { inTemporary, withVariables } from '../fixtures.ts'

const domain = 'tracehub.example'
const now = Date.now() + 60 * 60_000 // the certificates are made after this line, however slowly
const day = 86_400_000

/** What a domain without a certificate until now gets. */
function findCertificate(ssl: string, domain: string, now: number) {
  const { certificates, problems } = findCertificates(ssl, domain, now)
  const chosen = chooseCertificate(domain, certificates, { served: undefined, now })
  return { certificate: chosen.certificate, problems: [...problems, ...chosen.problems] }
}

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
  ['two files, both .pem', `${domain}.pem`, `${domain}.key`],
  ['mkcert', `${domain}.pem`, `${domain}-key.pem`],
  ['cert.pem and key.pem', 'cert.pem', 'key.pem'],
  ['cert.pem and key.pem in a directory', `${domain}/cert.pem`, `${domain}/key.pem`],
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

finding("the authority's certificate before its own: put in order, for HAProxy wants it first", () =>
  withCA(async (ca, ssl) => {
    await ca.issue(domain, { certificate: join(ssl, 'all.pem'), key: join(ssl, 'all.key'), days: 90 })
    const blocks = readFileSync(join(ssl, 'all.pem'), 'utf8').split(/(?<=-----END CERTIFICATE-----)\n+/)
    const own = findCertificate(ssl, domain, now).certificate?.pem
    writeFileSync(join(ssl, 'all.pem'), blocks.slice(0, 2).reverse().join('\n'))
    assert.equal(findCertificate(ssl, domain, now).problems, [])
    assert.is(findCertificate(ssl, domain, now).certificate?.pem, own)
  }),
)

finding('an encrypted key, and a name where browsers do not look: each by its own word', () =>
  withCA(async (ca, ssl) => {
    await ca.issue(domain, certbot(ssl, 'locked', 90))
    const key = join(ssl, 'live/locked/privkey.pem')
    await run(['openssl', 'pkcs8', '-topk8', '-in', key, '-out', `${key}.locked`, '-passout', 'pass:secret'])
    cpSync(`${key}.locked`, key)
    await ca.issue(domain, { ...certbot(ssl, 'old', 90), inSubjectAlone: true })
    const { certificate, problems } = findCertificate(ssl, domain, now)
    assert.is(certificate, undefined)
    const shown = problems.map(({ what, fix }) => `${what}\n${fix}`.replaceAll(ssl, 'ssl'))
    assert.equal(shown, [
      [
        'ssl/live/locked/fullchain.pem: the key in ssl/live/locked/privkey.pem is encrypted, and nobody is there to type its passphrase',
        'openssl pkey -in ssl/live/locked/privkey.pem -out ssl/live/locked/privkey.pem.open && mv ssl/live/locked/privkey.pem.open ssl/live/locked/privkey.pem  takes the passphrase off',
      ].join('\n'),
      [
        `ssl/live/old/fullchain.pem: ${domain} stands in its subject (CN) alone, and not among its alternative names (SAN): browsers refuse it`,
        `have one issued with subjectAltName=DNS:${domain}`,
      ].join('\n'),
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

const choosing = suite('certificates: which one users get')

const selfSigned = async (file: string, days: number): Promise<void> => {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${file}.key`]
  const about = ['-subj', `/CN=${domain}`, '-addext', `subjectAltName=DNS:${domain}`, '-days', String(days)]
  await run(['openssl', 'req', '-x509', ...key, '-out', `${file}.pem`, ...about])
}
const shortOf = (file: string): string => file.replace(/.*\/(ssl|edge)\//, '$1/')
const said = (problems: readonly { what: string }[]): string[] =>
  problems.map(({ what }) => what.replaceAll(/[^\s(]+\/(ssl|edge)\//g, '$1/'))

/** What a domain gets that has had `served` until now. */
function after(ssl: string, served: Certificate | undefined, at = now) {
  const { certificates } = findCertificates(ssl, domain, at)
  const { certificate, problems } = chooseCertificate(domain, certificates, { served, now: at })
  return { file: certificate && shortOf(certificate.file), said: said(problems), certificate }
}

choosing('a self-signed one of ten years does not displace one of an authority, and that is said', () =>
  withCA(async (ca, ssl) => {
    await ca.issue(domain, certbot(ssl, domain, 90))
    await selfSigned(join(ssl, domain), 3650)
    const real = `ssl/live/${domain}/fullchain.pem`
    const word = `ssl/${domain}.pem is not used for ${domain}, although it is valid longest: it is self-signed, and the one in use is of Sandbox CA`
    const first = after(ssl, undefined)
    assert.equal([first.file, first.said], [real, [word]])
    rmSync(join(ssl, 'live'), { recursive: true }) // and the served one is better still
    assert.equal(after(ssl, first.certificate), { file: real, said: [word], certificate: first.certificate })
  }),
)

choosing('a self-signed one alone is better than nothing: it is used, and said to be refused', () =>
  withCA(async (_, ssl) => {
    await selfSigned(join(ssl, domain), 3650)
    const only = after(ssl, undefined)
    const refused = `the certificate of ${domain} is self-signed: browsers refuse it`
    assert.equal([only.file, only.said], [`ssl/${domain}.pem`, [refused]])
  }),
)

choosing('one for trials, one day newer, does not displace the real one', () =>
  withCA(async (ca, ssl) => {
    const staging = await Authority.in(
      join(ssl, '..', 'staging'),
      "/O=(STAGING) Let's Encrypt/CN=(STAGING) R12",
    )
    await ca.issue(domain, certbot(ssl, domain, 89))
    await staging.issue(domain, certbot(ssl, `${domain}-0001`, 90))
    const chosen = after(ssl, undefined)
    assert.is(chosen.file, `ssl/live/${domain}/fullchain.pem`)
    assert.match(
      chosen.said[0] ?? '',
      "it is of (STAGING) Let's Encrypt, for trials, and the one in use is of Sandbox CA",
    )
  }),
)

choosing('one that this machine trusts comes before one of an authority that nobody knows', () =>
  withCA(async (ca, ssl) => {
    const other = await Authority.in(join(ssl, '..', 'other'), '/O=Somebody/CN=Other CA')
    await ca.issue(domain, certbot(ssl, domain, 60))
    await other.issue(domain, certbot(ssl, `${domain}-0001`, 90))
    const known = `ssl/live/${domain}/fullchain.pem`
    await withVariables({ SSL_CERT_FILE: ca.file }, async () => assert.is(after(ssl, undefined).file, known))
    await withVariables({ SSL_CERT_FILE: undefined }, async () => {
      // Neither is known here: the authority that users have seen until now stays.
      const [served] = findCertificates(ssl, domain, now).certificates
      assert.is(shortOf(served?.file ?? ''), known)
      assert.is(after(ssl, served).file, known)
      assert.match(after(ssl, served).said[0] ?? '', 'it is of Somebody, and the one in use is of Sandbox CA')
      rmSync(join(ssl, 'live', domain), { recursive: true })
      const word = `users of ${domain} get a certificate that is of Somebody (ssl/live/${domain}-0001/fullchain.pem); the one until now is of Sandbox CA`
      assert.equal(after(ssl, served).said, [word])
    })
  }),
)

choosing('renewed by the same authority: no word, also where the new one is valid for less', () =>
  withCA(async (ca, ssl) => {
    await ca.issue(domain, certbot(ssl, domain, 60))
    const served = after(ssl, undefined).certificate
    await ca.issue(domain, certbot(ssl, domain, 47))
    const renewed = after(ssl, served)
    assert.equal([renewed.file, renewed.said], [`ssl/live/${domain}/fullchain.pem`, []])
    assert.is.not(renewed.certificate?.fingerprint, served?.fingerprint)
  }),
)

choosing('one that has expired gives way to any that has not; nothing fit: what is served stays', () =>
  withCA(async (ca, ssl) => {
    await ca.issue(domain, certbot(ssl, domain, 30))
    const served = after(ssl, undefined).certificate
    const later = now + 40 * day
    assert.is(after(ssl, served, later).file, `ssl/live/${domain}/fullchain.pem`)
    await selfSigned(join(ssl, domain), 365)
    const chosen = after(ssl, served, later)
    assert.is(chosen.file, `ssl/${domain}.pem`)
    assert.match(chosen.said.join('\n'), `the certificate of ${domain} is self-signed`)
  }),
)

choosing.run()

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
