import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { degraded, parseServers, parseTraffic, since, type Traffic } from '../../../lib/proxy/reports.ts'

const state = suite('proxy-reports: show servers state')

/** Of HAProxy 3.0: blue runs, green's backend has no address, its frontend is in maintenance by a person's hand. */
const servers = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port
5 backend-blue 1 app 172.18.0.4 2 0 1 1 12 1 0 0 0 0 0 0 backend-blue 8000 - 0 0 - - 0
6 frontend-blue 1 app 172.18.0.5 2 0 1 1 12 1 0 0 0 0 0 0 frontend-blue 80 - 0 0 - - 0
7 backend-green 1 app - 0 32 1 1 99 1 0 0 0 0 0 0 backend-green 8000 - 0 0 - - 0
8 frontend-green 1 app 172.19.0.5 2 1 1 1 99 1 0 0 0 0 0 0 frontend-green 80 - 0 0 - - 0

`

state('who has which address, and may be used', () =>
  assert.equal(parseServers(servers), [
    { backend: 'backend-blue', address: '172.18.0.4', running: true },
    { backend: 'frontend-blue', address: '172.18.0.5', running: true },
    { backend: 'backend-green', address: '-', running: false },
    { backend: 'frontend-green', address: '172.19.0.5', running: false },
  ]),
)

state('columns are found by their names', () =>
  assert.equal(parseServers('1\n# be_id srv_admin_state srv_op_state srv_addr be_name\n9 0 2 10.0.0.1 b\n'), [
    { backend: 'b', address: '10.0.0.1', running: true },
  ]),
)

state('a proxy that has nothing to say', () => assert.equal(parseServers('1\n'), []))

state.run()

const stat = suite('proxy-reports: show stat')

const header = '# pxname,svname,qcur,scur,stot,hrsp_4xx,hrsp_5xx,req_tot,last_chk,'
const statistics = [
  header,
  'users-backend,FRONTEND,,7,90,4,3,120,,',
  'backend-blue,app,0,2,118,4,3,,"Layer4 check, passed",',
  'backend-blue,BACKEND,0,2,118,4,3,118,,',
  'backend-green,BACKEND,0,0,0,0,0,0,,',
  'preview-backend-blue,FRONTEND,,1,12,0,0,0,,',
  'old-proxy,BACKEND,0,1,17,0,2,,,',
  '',
].join('\n')

stat('the traffic of frontends and backends by name; servers are left out', () =>
  assert.equal(Object.fromEntries(parseTraffic(statistics)), {
    'users-backend': { requests: 120, errors: 3, open: 7 },
    'backend-blue': { requests: 118, errors: 3, open: 2 },
    'backend-green': { requests: 0, errors: 0, open: 0 },
    'preview-backend-blue': { requests: 0, errors: 0, open: 1 }, // twelve connections that asked for nothing
    'old-proxy': { requests: 17, errors: 2, open: 1 }, // it counts no requests, only sessions
  }),
)

stat('nothing at all', () => assert.is(parseTraffic('').size, 0))

stat.run()

const between = suite('proxy-reports: between two readings')

const traffic = (requests: number, errors: number, open = 0): Traffic => ({ requests, errors, open })

const readings: [what: string, before: Traffic, now: Traffic, since: Traffic][] = [
  ['some more', traffic(100, 5, 9), traffic(150, 7, 3), traffic(50, 2, 3)],
  ['nothing new', traffic(100, 5, 9), traffic(100, 5, 0), traffic(0, 0, 0)],
  ['a restarted proxy counts from zero', traffic(100, 5), traffic(20, 1), traffic(20, 1)],
  ['a restarted proxy that has seen more already', traffic(100, 5), traffic(300, 1), traffic(300, 1)],
  ['a proxy that has just started', traffic(0, 0), traffic(9, 9), traffic(9, 9)],
]
for (const [what, before, now, expected] of readings)
  between(what, () => assert.equal(since(before, now), expected))

between.run()

const worse = suite('proxy-reports: clearly worse than before?')

const judgements: [degraded: boolean, before: Traffic, after: Traffic][] = [
  [false, traffic(1000, 0), traffic(0, 0)], // nobody asked
  [false, traffic(1000, 0), traffic(1000, 0)],
  [false, traffic(1000, 0), traffic(4, 4)], // all of four: not enough to say
  [true, traffic(1000, 0), traffic(5, 5)],
  [false, traffic(1000, 0), traffic(500, 5)], // one percent
  [true, traffic(1000, 0), traffic(499, 5)], // a little more
  [true, traffic(0, 0), traffic(100, 5)], // a first deploy
  [false, traffic(1000, 20), traffic(1000, 50)], // twice as many and one percent
  [true, traffic(1000, 20), traffic(1000, 51)],
  [false, traffic(1000, 200), traffic(1000, 200)], // it was bad before
  [true, traffic(1000, 200), traffic(1000, 500)],
  [true, traffic(1_000_000, 10), traffic(1000, 100)], // counted by its share, not by its number
]
for (const [expected, before, after] of judgements)
  worse(
    `${before.errors} of ${before.requests} before, ${after.errors} of ${after.requests} after: ${expected ? 'worse' : 'not worse'}`,
    () => assert.is(degraded(before, after), expected),
  )

worse.run()
