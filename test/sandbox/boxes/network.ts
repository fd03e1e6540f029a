import { readFileSync } from 'node:fs'
import { attempt, run } from '../../../lib/base/shell.ts'

/** The names and addresses by which a box reaches what the machine reaches: packages, for the most part. */
export const link = (number: number) => ({
  outside: `thbox${number}`,
  /** A block of four addresses each, in a range that Docker does not take for its networks. */
  gateway: `10.213.${number}.1`,
  address: `10.213.${number}.2`,
  range: `10.213.${number}.0/30`,
})

/** The commands that connect the network namespace of process `pid` with the machine's, in this order. */
export function connecting(number: number, pid: number, mtu: number): string[][] {
  const { outside, gateway, address } = link(number)
  const inside = (...words: readonly string[]): string[] => [
    'nsenter',
    `--net=/proc/${pid}/ns/net`,
    'ip',
    ...words,
  ]
  return [
    ['ip', 'link', 'add', outside, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)],
    ['ip', 'addr', 'add', `${gateway}/30`, 'dev', outside],
    ['ip', 'link', 'set', outside, 'mtu', String(mtu), 'up'],
    inside('addr', 'add', `${address}/30`, 'dev', 'eth0'),
    inside('link', 'set', 'eth0', 'mtu', String(mtu), 'up'),
    inside('link', 'set', 'lo', 'up'),
    inside('route', 'add', 'default', 'via', gateway),
  ]
}

interface Rule {
  readonly table: 'nat' | 'filter'
  readonly chain: string
  readonly words: readonly string[]
}

/** The machine's own rules for a box. Docker lets nothing through that it does not know (policy DROP). */
export function rules(number: number): Rule[] {
  const { outside, range } = link(number)
  const forward = (...words: readonly string[]): Rule => ({ table: 'filter', chain: 'FORWARD', words })
  return [
    {
      table: 'nat',
      chain: 'POSTROUTING',
      words: ['--source', range, '!', '--out-interface', outside, '--jump', 'MASQUERADE'],
    },
    forward('--in-interface', outside, '--jump', 'ACCEPT'),
    forward('--out-interface', outside, '--jump', 'ACCEPT'),
  ]
}

const iptables = (verb: 'insert' | 'delete' | 'check', { table, chain, words }: Rule): string[] => [
  ...['iptables', '--wait', '--table', table, `--${verb}`, chain],
  ...words,
]

/** Connects a box. @throws Failure in the words of ip(8) or iptables(8). */
export async function connect(number: number, pid: number): Promise<void> {
  await disconnect(number)
  for (const command of connecting(number, pid, await mtuOutside())) await run(command)
  for (const rule of rules(number)) await run(iptables('insert', rule))
  await run(['sysctl', '--quiet', '--write', 'net.ipv4.ip_forward=1'])
}

/** Removes what connected it: also the leftovers of a run that was killed. */
export async function disconnect(number: number): Promise<void> {
  await attempt(['ip', 'link', 'delete', link(number).outside])
  for (const rule of rules(number))
    while ((await attempt(iptables('check', rule))).ok) await run(iptables('delete', rule))
}

/** A larger packet than the way out carries would be lost without a word. */
async function mtuOutside(): Promise<number> {
  const { stdout } = await attempt(['ip', '-o', 'route', 'show', 'default'])
  const device = / dev (\S+)/.exec(stdout)?.[1]
  return device ? Number(readFileSync(`/sys/class/net/${device}/mtu`, 'utf8')) : 1500
}
