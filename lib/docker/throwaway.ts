/**
 * What a container that lives for one run may do at most, as options of `docker run`: what somebody else wrote runs in it
 * beside the live ones, which have the same limits in docker-compose.yml. Where memory runs out, it goes first.
 */
const common = [
  ...['--security-opt', 'no-new-privileges', '--oom-score-adj', '500'],
  ...['--log-driver', 'json-file', '--log-opt', 'max-size=10m', '--log-opt', 'max-file=1'],
]

/** For an image of the application's, which may begin as root. */
export const applicationLimits = [
  ...common,
  ...['AUDIT_WRITE', 'MKNOD', 'NET_RAW', 'SETFCAP', 'SETPCAP', 'SYS_CHROOT'].flatMap(name => [
    '--cap-drop',
    name,
  ]),
  ...['--pids-limit', '2048', '--memory', '1g'],
]

/** For a PostgreSQL server, whose entrypoint begins as root. */
export const databaseLimits = [
  ...common,
  ...['--cap-drop', 'ALL'],
  ...['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'SETGID', 'SETUID'].flatMap(name => ['--cap-add', name]),
  ...['--pids-limit', '4096', '--memory', '4g'],
]
