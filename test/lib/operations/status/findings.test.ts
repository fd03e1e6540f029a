import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { DatabaseFacts } from '../../../../lib/operations/status/database.ts'
import type { Facts, Known } from '../../../../lib/operations/status/facts.ts'
import { findings } from '../../../../lib/operations/status/findings/all.ts'
import { backup } from '../../backup/fixtures.ts'
import { day, release } from '../../fixtures.ts'
import { container, facts, is, isNot, now, run } from './fixtures.ts'

const wrong = suite('status: what is wrong')
const at = 'cd /home/tracehub/production && docker compose'
const others = ['db', 'proxy', 'frontend-blue'].map(name => container(name))
const holder = { run: '20260131-110000.000-deploy', who: 'ada', pid: 1, since: now, log: '' }
const database = (changes: Partial<DatabaseFacts>): Known<DatabaseFacts> =>
  is({
    ...{ version: '17.5', bytes: 2 ** 23, connections: 6, maxConnections: 100, blocked: 0 },
    ...{ oldestTransaction: 0, schema: 'rev1', collations: [], ...changes },
  })

wrong('nothing, when all is well', () => assert.equal(findings(facts()), []))

/** What is so, and the whole list of what that makes wrong: the sentence and what to do. */
const cases: [name: string, changes: Partial<Facts>, ...found: (readonly [what: RegExp, fix: RegExp])[]][] = [
  [
    'what is in the directory is for others: nothing is said of what is not known',
    {
      closed: '/home/tracehub/production/releases.jsonl',
      release: undefined,
      live: { onDisk: null, served: null },
    },
    [
      / may not read .*releases\.jsonl: how production does is not known$/,
      /as the owner of \/home.*, or as root$/,
    ],
  ],
  ['the directory is not here', { isThere: false }, [/is not on this machine$/, /^mkdir -p \/home/]],
  [
    'nothing was deployed',
    { release: undefined, live: { onDisk: null, served: undefined }, containers: is([]) },
    [/^nothing has been deployed yet$/, /^npx tsx scripts\/deploy\.ts -e production$/],
  ],
  [
    'the engine is down, and nothing that only follows from it is said',
    {
      ...{ engine: isNot('refused'), containers: isNot('refused'), database: isNot('refused') },
      ...{ users: isNot('refused'), live: { onDisk: 'blue', served: undefined } },
    },
    [/^Docker does not answer/, /systemctl start docker/],
  ],
  [
    'the database does not start, and its log says why: nothing else is said of it',
    {
      containers: is([...others.slice(1), container('db', { status: 'restarting', restarts: 9 })]),
      ...{ database: isNot('restarting'), databaseTrouble: { what: 'its data is of 15', fix: 'go back' } },
    },
    [/^backend-blue: no container$/, / up -d$/],
    [/^its data is of 15$/, /^go back$/],
  ],
  [
    'texts are sorted by other rules than their indexes',
    {
      database: database({
        collations: [{ database: 'tracehub', superuser: 'tracehub_admin', was: '2.31', is: '2.36' }],
      }),
    },
    [/^tracehub: collation version mismatch, 2\.31 /, /reindex database concurrently/],
  ],
  [
    'a line of the history cannot be read',
    { damagedHistory: { what: '1 line of releases.jsonl cannot be read', fix: 'sed' } },
    [/^1 line of releases\.jsonl/, /^sed$/],
  ],
  ['a container is missing', { containers: is(others) }, [/^backend-blue: no container$/, / up -d$/]],
  [
    'a container has stopped',
    { containers: is([...others, container('backend-blue', { status: 'exited', exitCode: 137 })]) },
    [/^backend-blue has stopped with exit code 137$/, / up -d$/],
  ],
  [
    'a container crashes again and again',
    {
      containers: is([
        ...others,
        container('backend-blue', { status: 'restarting', restarts: 4, exitCode: 1 }),
      ]),
    },
    [/^backend-blue has crashed 5 times, exit code 1$/, / logs --tail 50 backend-blue$/],
  ],
  [
    'a container starts and starts',
    { containers: is([...others, container('backend-blue', { health: 'starting' })]) },
    [/^backend-blue is not healthy yet, after 24 h$/, / restart backend-blue$/],
  ],
  [
    'the other colour runs, too',
    { containers: is([...others, container('backend-blue'), container('backend-green')]) },
    [/^backend-green runs, and users are on blue$/, / stop backend-green$/],
  ],
  [
    'the other colour runs, and a run is at work: nothing is wrong',
    { containers: is([...others, container('backend-blue'), container('backend-green')]), lock: holder },
  ],
  [
    'the proxy does not answer',
    { live: { onDisk: 'blue', served: undefined } },
    [/^the proxy does not/, /restart proxy$/],
  ],
  [
    'the map says something else',
    { live: { onDisk: 'green', served: 'blue' }, containers: is([...others, container('backend-blue')]) },
    [/^backend-green, frontend-green: no container$/, /./],
    [/^backend-blue, frontend-blue runs, and users are on green$|^frontend-blue, backend-blue runs/, /./],
    [
      /^users are on blue, and the map on disk says green$/,
      /^npx tsx scripts\/deploy\.ts -e production --tag main-1 /,
    ],
  ],
  [
    'the history says something else',
    { release: release(2, { colour: 'green' }) },
    [/^users are on blue, and the history says green$/, /--tag main-2 {2}makes them agree$/],
  ],
  [
    'users are not served',
    { users: isNot('2 of 6 failed') },
    [/as they should be: 2 of 6 failed$/, / logs --tail 50 backend-blue$/],
  ],
  [
    'errors among what users ask now',
    {
      traffic: is({
        total: { requests: 99, errors: 9, open: 0 },
        now: { requests: 50, errors: 5, open: 0 },
        ms: 1500,
      }),
    },
    [/^5 of 50 requests failed in the last 1\.5 s$/, / logs --tail 100 backend-blue$/],
  ],
  [
    'the database does not answer',
    { database: isNot('FATAL') },
    [/^the database does not answer: FATAL$/, / logs --tail 50 db$/],
  ],
  [
    'the schema is behind',
    { head: is('rev2') },
    [/^the schema is at rev1; the live image's newest is rev2$/, /--force {2}migrates it$/],
  ],
  [
    'connections run out',
    { database: database({ connections: 81 }) },
    [/^81 of 100 database connections/, /--db$/],
  ],
  [
    'queries wait',
    { database: database({ blocked: 2 }) },
    [/^2 of the database's queries wait for a lock$/, /--db$/],
  ],
  [
    'memory runs out',
    { usage: is(new Map([['id-db', { cpu: 0, memory: 95, memoryLimit: 100 }]])) },
    [/^db uses 95 B of the 100 B of memory that it may$/, /raise its limit/],
  ],
  [
    'no backup',
    {
      backups: is({
        count: 0,
        bytes: 0,
        last: undefined,
        oldest: undefined,
        verified: undefined,
        fromFuture: [],
      }),
    },
    [/^there is no backup$/, /scripts\/backup\.ts -e production$/],
  ],
  [
    'an old backup',
    {
      backups: is({
        count: 1,
        bytes: 1,
        last: backup(now - 8 * day),
        oldest: backup(now - 8 * day),
        verified: undefined,
        fromFuture: [],
      }),
    },
    [/^the newest backup is 8 days old$/, /backup\.ts/],
  ],
  [
    'one from the future is no newest one, and a proof from the future no news',
    {
      backups: is({
        ...{ count: 3, bytes: 3000, last: backup(now), oldest: backup(now - 40 * day) },
        verified: backup(now - 40 * day, { verifiedAt: now + 400 * day }),
        fromFuture: [backup(now + 40 * day)],
      }),
    },
    [/^backup_20260312_120000\.sql says it is from .*, which has not come/, /timedatectl/],
    [/^no backup was verified for 40 days$/, /--verify$/],
  ],
  [
    'no backup was verified for long',
    {
      backups: is({
        count: 2,
        bytes: 1,
        last: backup(now),
        oldest: backup(now - 40 * day),
        verified: undefined,
        fromFuture: [],
      }),
    },
    [/^no backup was verified for 40 days$/, /backup\.ts -e production --verify$/],
  ],
  [
    'the disk is nearly full, and so are its inodes',
    { disks: [{ holds: 'disk', path: '/data', total: 100, free: 9, inodes: 100, inodesFree: 4 }] },
    [/^\/data has 9 B of 100 B free \(9\.0 %\)$/, /scripts\/cleanup\.ts -e production$/],
    [/^\/data has 4 of 100 inodes free$/, /cleanup/],
  ],
  [
    'a certificate ends, another has ended',
    {
      certificates: [
        is({ where: 'a:443', names: 'a', until: now + 20 * day }),
        is({ where: '/b.pem', names: 'b', until: now - 2 * day }),
      ],
    },
    [/^the certificate of a:443 ends in 20 days$/, /renew/],
    [/^the certificate of \/b\.pem ended 2 days ago$/, /renew/],
  ],
  [
    'an address does not answer',
    { failingAddresses: new Map([['https://a/health', 'answers 502']]) },
    [/^https:\/\/a\/health answers 502$/, /^curl -v/],
  ],
  [
    'a run was killed',
    { runs: is([run({ outcome: undefined })]) },
    [/did not come to its end$/, /--tag main-1 {2}repairs what it left$/],
  ],
  ['a run is at work: nothing is wrong', { runs: is([run({ outcome: undefined })]), lock: holder }],
  [
    'a run needs a person',
    {
      runs: is([
        run({ outcome: 'needs a person', problem: { what: 'the schema is stuck', fix: 'do this' } }),
      ]),
    },
    [/requires manual action: the schema is stuck$/, /^do this$/],
  ],
  ['a run failed and left all as it was: nothing is wrong', { runs: is([run({ outcome: 'rolled back' })]) }],
  [
    'a secret is missing',
    { secrets: [{ what: 'JWT_SECRET is missing', fix: 'add it' }] },
    [/^JWT_SECRET is missing$/, /^add it$/],
  ],
]
for (const [name, changes, ...expected] of cases)
  wrong(name, () => {
    const found = findings(facts(changes))
    assert.is(found.length, expected.length, JSON.stringify(found, null, 1))
    for (const [i, [what, fix]] of expected.entries()) {
      assert.match(found[i]?.what ?? '', what)
      assert.match(found[i]?.fix ?? '', fix)
    }
  })

wrong('a command is whole: it goes to the directory first', () =>
  assert.is(findings(facts({ containers: is(others) }))[0]?.fix, `${at} up -d`),
)

wrong.run()
