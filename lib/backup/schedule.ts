import { quoted } from '../base/command-text.ts'

/** What makes a machine back an environment up every night: a line for cron, or a timer for systemd. */
export function scheduleText(name: string, toolkit: string, more: readonly string[]): string {
  const words = ['npx', 'tsx', 'scripts/backup.ts', '-e', name, '--scheduled', ...more]
  const command = words.map(quoted).join(' ')
  return `# crontab -e   (quiet unless it fails; cron mails what a command prints; % is special to cron: \\%)
17 3 * * *  ${`cd ${quoted(toolkit)} && ${command}`.replaceAll('%', '\\%')}

# or systemd: /etc/systemd/system/tracehub-backup-${name}.service
[Unit]
Description=Backup of TraceHub ${name}
[Service]
Type=oneshot
WorkingDirectory=${toolkit.replaceAll('%', '%%')}
ExecStart=/usr/bin/env ${command.replaceAll('%', '%%')}

# /etc/systemd/system/tracehub-backup-${name}.timer   (systemctl enable --now tracehub-backup-${name}.timer)
[Unit]
Description=Backup of TraceHub ${name}, every night
[Timer]
OnCalendar=*-*-* 03:17:00
Persistent=true
[Install]
WantedBy=timers.target
`
}
