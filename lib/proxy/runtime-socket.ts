import { connect } from 'node:net'
import { Failure } from '../base/failure.ts'

/**
 * One command on a HAProxy's runtime socket (HAProxy Management Guide, section 9.3), and its answer.
 * @throws Failure when nothing answers there within 5 s.
 */
export function askProxy(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Failure({ what: `the proxy does not answer: ${why}` }))
    const socket = connect(path)
    let answer = ''
    socket.setEncoding('utf8').setTimeout(5000)
    socket.on('connect', () => socket.write(`${command}\n`))
    socket.on('data', (chunk: string) => {
      answer += chunk
    })
    socket.on('timeout', () => {
      socket.destroy()
      fail('nothing came within 5 s')
    })
    socket.on('error', error => fail(error.message))
    socket.on('end', () => resolve(answer))
  })
}
