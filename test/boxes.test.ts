import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connecting, link, rules } from './sandbox/boxes/network.ts'

const boxes = suite('sandbox/boxes: the network of a box')

boxes('is a pair of interfaces, one of them in the namespace of its first process', () =>
  assert.equal(
    connecting(2, 4711, 1400).map(words => words.join(' ')),
    [
      'ip link add thbox2 type veth peer name eth0 netns 4711',
      'ip addr add 10.213.2.1/30 dev thbox2',
      'ip link set thbox2 mtu 1400 up',
      'nsenter --net=/proc/4711/ns/net ip addr add 10.213.2.2/30 dev eth0',
      'nsenter --net=/proc/4711/ns/net ip link set eth0 mtu 1400 up',
      'nsenter --net=/proc/4711/ns/net ip link set lo up',
      'nsenter --net=/proc/4711/ns/net ip route add default via 10.213.2.1',
    ],
  ),
)

boxes('goes out under the address of the machine, and through where Docker lets nobody', () =>
  assert.equal(
    rules(2).map(({ table, chain, words }) => [table, chain, ...words].join(' ')),
    [
      'nat POSTROUTING --source 10.213.2.0/30 ! --out-interface thbox2 --jump MASQUERADE',
      'filter FORWARD --in-interface thbox2 --jump ACCEPT',
      'filter FORWARD --out-interface thbox2 --jump ACCEPT',
    ],
  ),
)

boxes('no two of them have a name or an address in common, and the names are short enough', () => {
  const all = Array.from({ length: 9 }, (_, index) => Object.values(link(index + 1))).flat()
  assert.is(new Set(all).size, all.length)
  for (const number of [1, 9]) assert.ok(link(number).outside.length <= 15, 'IFNAMSIZ is 16 with its NUL')
})

boxes.run()
